//! What can be known to go wrong before the first write: clashes with what others have on the listener, and
//! settings that cannot be changed.

mod carrying;
pub mod quotas;

use super::layout::Layout;
use super::listener;
use super::matches::Matches;
use super::observed::Observed;
use super::owned::{self, Claims, Owned, Stranger};
use super::routing::Neighbour;
use super::side::Side;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The attribute to blame, in dots: `target_group.protocol`.
    pub attribute: &'static str,
    pub summary: String,
    pub detail: String,
    /// Errors stop the apply; warnings are only said.
    pub fatal: bool,
}

pub fn check(observed: &Observed, layout: &Layout) -> Vec<Problem> {
    let mut problems = gone(observed, layout);
    if !problems.is_empty() {
        // Of a listener that is not there, nothing else can be said.
        return problems;
    }
    let layout = &*layout.over(observed);
    problems.extend(carrying::check(observed, layout));
    priorities(observed, layout, &mut problems);
    shadows(observed, layout, &mut problems);
    foreign(observed, layout, &mut problems);
    borrowed(observed, layout, &mut problems);
    moved(observed, &mut problems);
    groups(observed, layout, &mut problems);
    everybody(layout, &mut problems);
    if let Some(test) = &layout.test
        && let (Some(ours), Some(test)) =
            (listener::load_balancer(&layout.listener), listener::load_balancer(&test.listener))
        && ours != test
    {
        problems.push(Problem {
                attribute: "test_listener.arn",
                summary: "The test listener belongs to another load balancer".to_owned(),
                detail: format!(
                    "A target group works behind one load balancer only. listener_arn is on {ours}, test_listener.arn on {test}. Use a listener of the same load balancer."
                ),
                fatal: true,
            });
    }
    problems
}

fn gone(observed: &Observed, layout: &Layout) -> Vec<Problem> {
    let test = layout.test.as_ref().map(|test| ("test_listener.arn", &test.listener));
    let named = [("listener_arn", &layout.listener)].into_iter().chain(test);
    let gone = named.filter(|(_, arn)| observed.gone_listeners.contains(*arn)).map(|(attribute, arn)| Problem {
        attribute,
        summary: "The listener is gone".to_owned(),
        detail: format!(
            "There is no listener {arn} any more: it was deleted, and with it the rules of this service, so nobody reaches it by that way. Make the listener again and give its ARN as {attribute}."
        ),
        fatal: true,
    });
    gone.collect()
}

/// Others' rules on a listener, as far as it was looked at.
fn neighbours<'a>(observed: &'a Observed, listener: &'a str) -> impl Iterator<Item = &'a Neighbour> {
    observed.others().filter(move |other| other.on_listener(listener))
}

fn priorities(observed: &Observed, layout: &Layout, problems: &mut Vec<Problem>) {
    let mut taken = |attribute, priority, listener: &str, fatal| {
        if let Some(neighbour) = neighbours(observed, listener).find(|other| other.priority == priority) {
            problems.push(Problem {
                attribute,
                summary: format!("Priority {priority} is taken"),
                detail: format!(
                    "The rule {} ({}) already has priority {priority} on this listener. Choose a free number for {attribute}, or move that rule.",
                    neighbour.id,
                    neighbour.matches.said()
                ),
                fatal,
            });
        }
    };
    taken("production_priority", layout.production_priority, &layout.listener, true);
    taken("canary_priority", layout.canary_priority, &layout.listener, layout.canary.is_some());
    if let Some(test) = &layout.test {
        taken("test_listener.priority", test.priority, &test.listener, true);
    }
}

fn shadows(observed: &Observed, layout: &Layout, problems: &mut Vec<Problem>) {
    let above = neighbours(observed, &layout.listener)
        .filter(|neighbour| neighbour.priority < layout.production_priority);
    let served = observed.production_on(&layout.listener).is_some_and(|rule| rule.open());
    for neighbour in above.filter(|neighbour| covers(&neighbour.matches, &layout.production_matches)) {
        problems.push(Problem {
            attribute: "production_priority",
            summary: "Another rule takes all of this service's requests".to_owned(),
            detail: format!(
                "The rule {} with priority {} ({}) is evaluated before production_priority = {} and matches everything that this service matches. Choose a lower number, or move that rule.",
                neighbour.id,
                neighbour.priority,
                neighbour.matches.said(),
                layout.production_priority
            ),
            fatal: !served || observed.public().is_none(),
        });
    }
}

fn foreign(observed: &Observed, layout: &Layout, problems: &mut Vec<Problem>) {
    let owner = format!("{}/", layout.owner());
    let strangers = Claims::new(observed, layout).strangers();
    let (claimed, others): (Vec<_>, Vec<_>) = strangers.iter().partition(|it| it.owned == Owned::Claimed);
    let (namesakes, others): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|it| it.tag.as_ref().is_some_and(|tag| tag.starts_with(&owner)));
    let mut add = |summary: &str, detail| {
        problems.push(Problem { attribute: "name", summary: summary.to_owned(), detail, fatal: true });
    };
    for Stranger { id, .. } in claimed {
        add(
            "A tag that was copied",
            format!(
                "{id} carries the tag bluegreen:resource of this resource and stands where this resource puts nothing, so somebody copied the tag. Nothing is done while that is so. Remove the tag from it, or import it if it is to belong here."
            ),
        );
    }
    for Stranger { id, tag, .. } in others {
        let whose = tag.as_ref().map_or("it has no tag bluegreen:resource".to_owned(), |tag| {
            format!("its tag bluegreen:resource is \"{tag}\"")
        });
        add(
            "The name is taken",
            format!(
                "{id} exists and does not belong to this resource: {whose}. Choose another name, delete it, or take it over with terraform import."
            ),
        );
    }
    if !namesakes.is_empty() {
        let ids: Vec<&str> = namesakes.iter().map(|it| it.id.as_str()).collect();
        let why = half_made_elsewhere(observed).unwrap_or_else(|| taken_by_a_namesake(layout));
        add("The name is taken", format!("{}\n\n{why}", ids.join("\n")));
    }
}

/// A creation that was broken off goes on only where it began.
fn half_made_elsewhere(observed: &Observed) -> Option<String> {
    let groups = || Side::BOTH.into_iter().filter_map(|side| observed.sides[side].group.as_ref());
    let served = Side::BOTH.into_iter().any(|side| observed.used(side) || observed.borrower(side).is_some());
    let unfinished = !served && groups().all(|group| owned::renewed(group).is_some());
    let rule =
        observed.elsewhere.iter().find(|rule| Side::BOTH.iter().any(|side| rule.sends[*side].is_some()));
    let rule = rule.filter(|_| unfinished)?;
    Some(format!(
        "A creation of this name on another listener was broken off before anybody was served: its rule is {}. Give listener_arn the listener of that rule and apply, and the creation goes on with what is there; or choose another name.",
        rule.id
    ))
}

fn taken_by_a_namesake(layout: &Layout) -> String {
    let owner = layout.owner();
    let label: String =
        layout.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!(
        "Another creation of {owner} made this: their tag bluegreen:resource ends in another id. Another state or another resource block holds it, or one has lost it. Choose another name for this one; or, if nobody else holds it, take it over with this block, with the address of this resource in it:\n\nimport {{\n  to = bluegreen_service.{label}\n  id = \"{owner}\"\n}}"
    )
}

/// Two who move the same traffic undo each other's work.
fn moved(observed: &Observed, problems: &mut Vec<Problem>) {
    for side in Side::BOTH {
        let Some(service) = observed.service(side) else { continue };
        let Some(mover) = &service.moved_by else { continue };
        problems.push(Problem {
            attribute: side.name(),
            summary: "Somebody else moves this service".to_owned(),
            detail: format!("The service {} is moved by {mover}. {}", service.id, mover.way_out()),
            fatal: true,
        });
    }
}

/// I2 counts everybody's rules.
fn borrowed(observed: &Observed, layout: &Layout, problems: &mut Vec<Problem>) {
    for side in Side::BOTH {
        let desired = observed.desired(side);
        let Some(to) = layout.sides[side].demand.lower(desired) else { continue };
        let Some(other) = observed.borrower(side) else { continue };
        problems.push(Problem {
            attribute: "name",
            summary: format!("Somebody else's rule sends its callers to {side}"),
            detail: format!(
                "The rule {} ({}) was not made by this resource and forwards to the {side} target group. {side} is therefore kept at {desired} tasks instead of {to}, and cannot be destroyed, until that rule forwards elsewhere.",
                other.id,
                other.matches.said()
            ),
            fatal: false,
        });
    }
}

fn groups(observed: &Observed, layout: &Layout, problems: &mut Vec<Problem>) {
    let claims = Claims::new(observed, layout);
    let ours = |side: Side| claims.group(side) == Some(Owned::Ours);
    for side in Side::BOTH {
        let Some(group) = observed.sides[side].group.as_ref().filter(|_| ours(side)) else { continue };
        let (is, wished) = (&group.settings.fixed, &layout.group.fixed);
        // Tasks register with their own port, so two groups may well have two.
        let ports =
            Side::BOTH.map(|side| observed.sides[side].group.as_ref().map(|it| it.settings.fixed.port));
        let port = if ports.contains(&Some(wished.port)) { wished.port } else { is.port };
        let members = [
            ("target_group.protocol", &is.protocol, &wished.protocol),
            ("target_group.protocol_version", &is.protocol_version, &wished.protocol_version),
            ("target_group.port", &port.to_string(), &wished.port.to_string()),
            ("vpc_id", &is.vpc_id, &wished.vpc_id),
        ]
        .map(|(attribute, is, wished)| (attribute, is.clone(), wished.clone()));
        for (attribute, is, wished) in members.into_iter().filter(|(_, is, wished)| is != wished) {
            problems.push(Problem {
                attribute,
                summary: "A target group keeps this for life".to_owned(),
                detail: format!(
                    "The {side} target group has {is} and {attribute} asks for {wished}; AWS cannot change it in place. Keep {is}, or release under a new name beside this one."
                ),
                fatal: true,
            });
        }
        if group.sticky {
            problems.push(Problem {
                attribute: "target_group",
                summary: "Target stickiness was switched on".to_owned(),
                detail: format!(
                    "Stickiness is on for the {side} target group ({}). A rule with two groups would then need group stickiness, which pins callers to the side left behind. Switch target stickiness off.",
                    group.id
                ),
                fatal: true,
            });
        }
    }
}

/// A canary that is for everybody, on fewer tasks than everybody needs.
fn everybody(layout: &Layout, problems: &mut Vec<Problem>) {
    let Some(canary) = &layout.canary else { return };
    let all: Vec<String> =
        canary.sources.iter().filter(|net| net.prefix_len() == 0).map(ToString::to_string).collect();
    let tasks = layout.sides[canary.side].least();
    if !all.is_empty() && tasks < layout.need {
        problems.push(Problem {
            attribute: "canary_source_ips",
            summary: "A canary for everybody".to_owned(),
            detail: format!(
                "canary_source_ips come to {}, which is every caller, and {} has canary_count = {tasks} where the public needs desired_count = {}. Name fewer addresses, raise canary_count, or promote_to_all instead, which starts all tasks first.",
                all.join(" and "),
                canary.side,
                layout.need
            ),
            fatal: false,
        });
    }
}

/// Whatever `inner` matches, `outer` matches too. Errs on the side of "no".
fn covers(outer: &Matches, inner: &Matches) -> bool {
    let all = |outer: &std::collections::BTreeSet<String>, inner: &std::collections::BTreeSet<String>| {
        outer.is_empty()
            || (!inner.is_empty()
                && inner.iter().all(|value| outer.iter().any(|pattern| pattern_covers(pattern, value))))
    };
    let lower =
        |values: &std::collections::BTreeSet<String>| values.iter().map(|v| v.to_lowercase()).collect();
    !outer.narrowed()
        && !outer.parked()
        && outer.sources.is_empty()
        && all(&lower(&outer.hosts), &lower(&inner.hosts))
        && all(&outer.paths, &inner.paths)
}

/// Whether `pattern` matches every text that the pattern `value` matches; exact for values without wildcards.
fn pattern_covers(pattern: &str, value: &str) -> bool {
    fn matches(pattern: &[u8], value: &[u8]) -> bool {
        match (pattern.split_first(), value.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => {
                matches(rest, value) || value.split_first().is_some_and(|(_, tail)| matches(pattern, tail))
            }
            (Some((b'?', rest)), Some((c, tail))) if *c != b'*' => matches(rest, tail),
            (Some((p, rest)), Some((c, tail))) if p == c => matches(rest, tail),
            _ => false,
        }
    }
    matches(pattern.as_bytes(), value.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(names: &[&str]) -> Matches {
        Matches { hosts: names.iter().map(|n| (*n).to_owned()).collect(), ..Matches::default() }
    }

    #[test]
    fn a_wildcard_above_shadows_and_a_narrower_rule_does_not() {
        let ours = hosts(&["nginx.example.com"]);
        assert!(covers(&hosts(&["*.Example.com"]), &ours));
        assert!(covers(&hosts(&["nginx.example.???"]), &ours));
        assert!(!covers(&hosts(&["apache.example.com"]), &ours));
        assert!(!covers(
            &Matches { sources: ["10.0.0.0/8".parse().unwrap()].into(), ..hosts(&["*"]) },
            &ours
        ));
        assert!(!covers(
            &Matches { paths: ["/api/*".to_owned()].into(), ..hosts(&["*.example.com"]) },
            &ours
        ));
        assert!(!covers(&hosts(&["nginx.example.com"]), &hosts(&["*.example.com"])));
    }
}
