//! The services that are moved about: one plain, one that keeps tasks warm, one with a test listener.

use std::time::Duration;

use bluegreen_provider::bluegreen::phase::{Phase, Seen, Sighting};
use bluegreen_provider::bluegreen::side::{Pair, Side};
use bluegreen_provider::bluegreen::spec::{
    Capacity, FixedGroupSettings, GroupAttributes, GroupSettings, HealthCheck, ServiceSettings, Spec,
    TestListener,
};

use bluegreen_provider::bluegreen::layout::Layout;

use crate::world::LAG;

pub fn spec(phase: Phase) -> Spec {
    Spec {
        cluster: "shop".to_owned(),
        name: "app".to_owned(),
        listener: "arn:aws:elasticloadbalancing:x:1:listener/app/lb/1/2".to_owned(),
        hosts: ["app.example.com".to_owned()].into(),
        paths: [].into(),
        extras: Default::default(),
        oidc_secret: None,
        new_secret: false,
        production_priority: 100,
        canary_priority: 99,
        task_definitions: Pair { blue: "app:1".to_owned(), green: "app:2".to_owned() },
        primary: Side::Blue,
        desired_count: 2,
        canary_count: 1,
        standby_count: 0,
        phase,
        // Six blocks, four to a rule.
        canary_sources: (0..6).map(|i| format!("10.{}.0.0/16", i * 2).parse().unwrap()).collect(),
        service: ServiceSettings {
            container_name: "app".to_owned(),
            container_port: 80,
            subnets: ["subnet-1".to_owned()].into(),
            security_groups: [].into(),
            assign_public_ip: false,
            capacity: Capacity::Fargate,
            platform_version: "LATEST".to_owned(),
            health_check_grace_period: 0,
            enable_execute_command: false,
            propagate_tags: "NONE".to_owned(),
            enable_ecs_managed_tags: false,
            availability_zone_rebalancing: true,
        },
        group: GroupSettings {
            fixed: FixedGroupSettings {
                vpc_id: "vpc-1".to_owned(),
                protocol: "HTTP".to_owned(),
                protocol_version: "HTTP1".to_owned(),
                port: 80,
            },
            health_check: HealthCheck {
                protocol: "HTTP".to_owned(),
                path: "/".to_owned(),
                port: "traffic-port".to_owned(),
                matcher: "200".to_owned(),
                interval: 1,
                timeout: 1,
                healthy_threshold: 2,
                unhealthy_threshold: 2,
            },
            attributes: GroupAttributes { deregistration_delay: 60, ..GroupAttributes::default() },
        },
        test: None,
        settle_time: Duration::from_secs(LAG + 1),
        tags: [].into(),
        ..Spec::default()
    }
}

pub fn specs() -> Vec<(&'static str, Spec)> {
    let plain = spec(Phase::Stable);
    let listener = "arn:aws:elasticloadbalancing:x:1:listener/app/lb/1/3".to_owned();
    let test = TestListener { listener, priority: 1, sources: [].into(), all_conditions: false };
    vec![
        ("plain", plain.clone()),
        ("warm", Spec { standby_count: 1, canary_count: 2, ..plain.clone() }),
        ("tested", Spec { test: Some(test), ..plain }),
    ]
}

#[test]
fn every_phase_stands_as_the_table_says_with_either_side_at_home() {
    let table = [
        (Phase::Stable, (4, 1), false, false),
        (Phase::Staged, (4, 2), false, false),
        (Phase::Canary, (4, 2), true, false),
        (Phase::Promoted, (1, 4), false, true),
    ];
    for home in Side::BOTH {
        for (phase, (at_home, candidate), canary, promoted) in table {
            let counts = Spec { desired_count: 4, canary_count: 2, standby_count: 1, ..spec(phase) };
            let layout = Layout::of(&Spec { primary: home, ..counts });
            let public = if promoted { home.other() } else { home };
            assert_eq!(
                (layout.sides[home].least(), layout.sides[home.other()].least()),
                (at_home, candidate),
                "{phase}"
            );
            assert_eq!(
                (layout.public, layout.canary.map(|c| c.side)),
                (public, canary.then_some(home.other()))
            );
        }
    }
}

/// `Phase::seen` is the way back from `Layout::of`: over every phase, home and small counts, a layout brought about
/// reads as its phase. Where two phases look alike, what was wished before decides.
#[test]
fn what_a_layout_makes_of_a_phase_is_seen_as_that_phase() {
    let counts = || 0..4u32;
    let mut seen = 0;
    for (home, phase) in Side::BOTH.into_iter().flat_map(|home| Phase::ALL.map(|phase| (home, phase))) {
        for (desired, canary, standby) in
            counts().flat_map(|d| counts().flat_map(move |c| counts().map(move |s| (d, c, s))))
        {
            if desired == 0 || canary == 0 {
                continue;
            }
            let spec = Spec {
                primary: home,
                desired_count: desired,
                canary_count: canary,
                standby_count: standby,
                canary_sources: ["10.0.0.0/8".parse().unwrap()].into(),
                ..spec(phase)
            };
            let layout = Layout::of(&spec);
            let sighting = |enabled_before| Sighting {
                home,
                public: Some(layout.public),
                canary_open: layout.canary.is_some(),
                desired: Pair::from_fn(|side| layout.sides[side].least()),
                standby_count: Some(standby),
                canary_count: Some(canary),
                enabled_before,
            };
            let told = Phase::seen(&sighting(phase.toggles().enable_canary));
            assert_eq!(told, Seen { toggles: phase.toggles(), phase: Some(phase) }, "{spec:?}");
            if standby != canary {
                assert_eq!(Phase::seen(&sighting(!phase.toggles().enable_canary)), told, "{spec:?}");
            }
            let nobody = Sighting { public: None, ..sighting(true) };
            assert_eq!(Phase::seen(&nobody).phase, None);
            seen += 1;
        }
    }
    assert_eq!(seen, 2 * 4 * 3 * 3 * 4);
}

/// From every phase of every wish, side by side; how many runs that were.
pub fn from_everywhere(moves_from: fn(&str, &Spec, Phase, bool) -> u64) -> u64 {
    let full = std::env::var("BLUEGREEN_SWEEP").is_ok_and(|sweep| sweep == "full");
    std::thread::scope(|threads| {
        let mut started = Vec::new();
        for (name, spec) in specs() {
            for from in Phase::ALL {
                let spec = spec.clone();
                started.push(threads.spawn(move || moves_from(name, &spec, from, full)));
            }
        }
        started.into_iter().map(|moves| moves.join().unwrap()).sum()
    })
}
