//! What the production rule asks and carries, and whether every other way in can carry it too.

use super::Problem;
use crate::bluegreen::audience::VALUES_PER_RULE;
use crate::bluegreen::carried::Login;
use crate::bluegreen::layout::Layout;
use crate::bluegreen::matches::Matches;
use crate::bluegreen::observed::Observed;
use crate::bluegreen::plan;
use crate::bluegreen::routing::{Role, Rule, RuleWish};
use crate::bluegreen::step::{Step, Why};

/// `layout` is over what stands.
pub(super) fn check(observed: &Observed, layout: &Layout) -> Vec<Problem> {
    let mut problems = Vec::new();
    let standing = layout.model(observed).filter(|rule| rule.open());
    secret(observed, layout, &mut problems);
    if let Some(rule) = standing {
        unheard_of(rule, observed, layout, &mut problems);
        changed(rule, layout, &mut problems);
    }
    room(layout, &mut problems);
    testers(observed, layout, &mut problems);
    problems
}

/// What this version does not know it cannot write, so a rule with it is left alone.
fn unheard_of(rule: &Rule, observed: &Observed, layout: &Layout, problems: &mut Vec<Problem>) {
    let conditions = rule.matches.unknown.iter().map(|field| format!("the condition {field}"));
    let actions = rule.carried.unknown().map(|kind| format!("the action {kind}"));
    let unknown: Vec<String> = conditions.chain(actions).collect();
    let writes = |step: &Step| match step {
        Step::CreateRule(to) => !to.matches.parked(),
        Step::ChangeRule { why, .. } => *why != Why::Attach,
        _ => false,
    };
    if !unknown.is_empty() && plan::story(observed, layout).iter().any(writes) {
        problems.push(Problem {
            attribute: "listener_arn",
            summary: "The production rule carries what this version cannot write".to_owned(),
            detail: format!(
                "{} ({}) has {}. Rewriting the rule, or making another one for the same hosts, would lose it. Take it off the rule, or use a version of this provider that knows it.",
                rule.id,
                rule.priority,
                unknown.join(" and ")
            ),
            fatal: true,
        });
    }
}

/// AWS never tells a client's secret, so a rule that has none yet needs it from the configuration.
fn secret(observed: &Observed, layout: &Layout, problems: &mut Vec<Problem>) {
    let login = layout.carried.before.iter().find(|before| before.login() == Some(Login::Oidc));
    let Some(login) = login.filter(|_| layout.oidc_secret.is_none()) else { return };
    let has = |id: &str| observed.rule(id).is_some_and(|rule| rule.carried.has(Login::Oidc));
    let role = plan::story(observed, layout).into_iter().find_map(|step| match step {
        Step::CreateRule(to) if to.carried.has(Login::Oidc) => Some(to.role),
        Step::ChangeRule { id, to, .. } if to.carried.has(Login::Oidc) && !has(&id) => Some(to.role),
        _ => None,
    });
    if let Some(role) = role {
        problems.push(Problem {
            attribute: "authenticate_oidc",
            summary: "The login's secret is needed".to_owned(),
            detail: format!(
                "The {} rule is to have {}, as production has it, so that nobody gets round it. For that AWS asks for the client's secret, which it never tells. Write the login out in authenticate_oidc, with its client_secret; or leave the canary and the test listener closed.",
                role.name(),
                login.words()
            ),
            fatal: true,
        });
    }
}

/// Told in words, because in a plan it is one step among others.
fn changed(rule: &Rule, layout: &Layout, problems: &mut Vec<Problem>) {
    let all = |matches: &Matches, carried: Vec<String>| [matches.words(), carried].concat();
    let is = all(&rule.matches, rule.carried.words());
    let to = all(&layout.production_matches, layout.carried.words());
    let same = layout.carried == rule.carried
        && layout.production_matches.clone().at(&rule.matches.hosts, &rule.matches.paths) == rule.matches;
    if same {
        return;
    }
    let missing = |these: &[String], those: &[String]| {
        let left: Vec<_> = these.iter().filter(|it| !those.contains(it)).cloned().collect();
        if left.is_empty() { "nothing".to_owned() } else { left.join(", ") }
    };
    problems.push(Problem {
        attribute: "conditions",
        summary: "What the production rule asks and carries is changed".to_owned(),
        detail: format!(
            "By the configuration, rule {} loses: {}. It gets: {}. To keep what stands, leave the attribute out.",
            rule.priority,
            missing(&is, &to),
            missing(&to, &is)
        ),
        fatal: false,
    });
}

fn room(layout: &Layout, problems: &mut Vec<Problem>) {
    let production = &layout.production_matches;
    let values = production.count();
    let sum = arithmetic(production);
    if values > VALUES_PER_RULE {
        problems.push(Problem {
            attribute: "conditions",
            summary: "Too many condition values".to_owned(),
            detail: format!(
                "A listener rule can have {VALUES_PER_RULE} condition values in all; {sum} make {values}. Use wildcards, or split the service."
            ),
            fatal: true,
        });
        return;
    }
    if let Some(canary) = &layout.canary {
        if canary.capacity == 0 {
            problems.push(Problem {
                attribute: "canary_source_ips",
                summary: "No room for source addresses".to_owned(),
                detail: format!(
                    "A listener rule can have {VALUES_PER_RULE} condition values in all. The canary's rules carry what the production rule asks ({sum}, which makes {values}), and so have no room for an address. Take at least one value off the production rule."
                ),
                fatal: true,
            });
        } else if canary.sources.is_empty() {
            problems.push(Problem {
                attribute: "canary_source_ips",
                summary: "A canary for nobody".to_owned(),
                detail: format!(
                    "The production rule lets in only {}, and none of canary_source_ips is among them.",
                    production.sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
                ),
                fatal: true,
            });
        }
    }
    if let Some(test) = &layout.test
        && test.matches.count() > VALUES_PER_RULE
    {
        problems.push(Problem {
            attribute: "test_listener.allowed_cidrs",
            summary: "Too many condition values".to_owned(),
            detail: format!(
                "A listener rule can have {VALUES_PER_RULE} condition values in all; {} make {}. Allow fewer blocks, or leave the rest to the load balancer's security group.",
                arithmetic(&test.matches),
                test.matches.count()
            ),
            fatal: true,
        });
    }
}

/// `2 hosts + 1 header value`.
fn arithmetic(matches: &Matches) -> String {
    let headers = matches.headers.iter().map(|header| header.values.len() + header.regexes.len()).sum();
    let queries = matches.queries.iter().map(|query| query.0.len()).sum();
    let parts = [
        (matches.hosts.len() + matches.host_regexes.len(), "host"),
        (matches.paths.len() + matches.path_regexes.len(), "path"),
        (matches.sources.len(), "source"),
        (matches.methods.len(), "method"),
        (headers, "header value"),
        (queries, "query string"),
    ];
    let said = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| {
        let ending = if *count == 1 { "" } else { "s" };
        format!("{count} {what}{ending}")
    });
    said.collect::<Vec<_>>().join(" + ")
}

/// The test listener is reached by other people than production is.
fn testers(observed: &Observed, layout: &Layout, problems: &mut Vec<Problem>) {
    let Some(test) = layout.test.as_ref().filter(|test| test.open && !test.all_conditions) else { return };
    let opened: RuleWish = layout.test_rule(test);
    let stands = observed.with_role(Role::Test).any(|rule| rule.matches == opened.matches);
    let asked =
        Matches { host_regexes: [].into(), path_regexes: [].into(), ..layout.production_matches.clone() };
    let left_out = asked.words();
    if !stands && !left_out.is_empty() {
        problems.push(Problem {
            attribute: "test_listener",
            summary: "The test listener asks less than production does".to_owned(),
            detail: format!(
                "Its rule has the hosts, paths, logins and rewrites of the production rule, and not: {}. Set test_listener.all_conditions = true to ask for these there too.",
                left_out.join(", ")
            ),
            fatal: false,
        });
    }
}
