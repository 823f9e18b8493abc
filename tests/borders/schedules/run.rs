//! One schedule from its first deed to the end, and everything that was wrong with it.

use std::sync::Arc;

use super::player::Player;
use super::plot::{CLUSTERS, NAMES, Plot, Schedule};
use super::stage::{Shared, Stage};

/// Applies that must be enough once nobody disturbs.
const ENOUGH: usize = 3;
/// How a creation ends that would take what others have.
const TAKEN: [&str; 3] = ["The name is taken", "is taken", "takes all of this service's requests"];

#[derive(Debug, Default)]
pub struct Outcome {
    pub problems: Vec<String>,
    pub said: Vec<String>,
    pub calls: u64,
    pub judged: u64,
}

/// On a paused clock of its own.
pub fn run(schedule: &Schedule) -> Outcome {
    fastrand::seed(schedule.seed);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(story(schedule))
}

async fn story(schedule: &Schedule) -> Outcome {
    let stage = Arc::new(Stage::new(schedule).await);
    let mut players = Vec::new();
    for (index, plot) in schedule.plots.iter().enumerate() {
        players.push(Player::new(&stage, index, plot.clone(), schedule.seed ^ (index as u64) << 8).await);
    }
    if schedule.together {
        let all = players.into_iter().map(|mut player| {
            tokio::spawn(async move {
                for deed in player.plot.deeds.clone() {
                    player.play(&deed).await;
                }
                player
            })
        });
        let all: Vec<_> = all.collect();
        players = Vec::new();
        for player in all {
            players.push(player.await.unwrap());
        }
    } else {
        let longest = schedule.plots.iter().map(|plot| plot.deeds.len()).max().unwrap_or_default();
        for turn in 0..longest {
            for player in &mut players {
                if let Some(deed) = player.plot.deeds.get(turn).cloned() {
                    player.play(&deed).await;
                }
            }
        }
    }
    let mut outcome = Outcome::default();
    last_chances(&mut players, &mut outcome).await;
    destroy(&stage, &mut players, &mut outcome).await;
    sweep(&stage, &mut players, schedule, &mut outcome).await;
    outcome.problems.extend(stage.problems());
    outcome.said = players.iter().flat_map(|player| player.said.clone()).collect();
    outcome.calls = stage.calls()["last"].as_u64().unwrap();
    outcome.judged = stage.seen.lock().unwrap().judged;
    outcome
}

/// Applies until there is nothing to do, taking over what an error says may be taken over.
async fn settle(player: &mut Player) -> Result<(), String> {
    let mut said = String::new();
    for _ in 0..ENOUGH {
        match player.apply(None).await {
            Ok(()) => return Ok(()),
            Err(error) => said = error,
        }
        let block = said.contains("import {") && player.project.state.is_null();
        if let Some((_, rule)) = said.split_once("its rule is ") {
            player.follow(rule.split(". ").next().unwrap());
        } else if block {
            player.import().await.map_err(|error| format!("{said}\nand then the import failed: {error}"))?;
        }
    }
    Err(said)
}

async fn last_chances(players: &mut [Player], outcome: &mut Outcome) {
    for player in players {
        if !player.plot.kept && !player.project.state.is_null() {
            continue;
        }
        let who = format!("{} {}", player.caller, player.plot.identity());
        match settle(player).await {
            Ok(()) => match player.project.has_changes().await {
                Ok(false) => {}
                other => outcome.problems.push(format!("{who}: the second plan: {other:?}")),
            },
            Err(said) if TAKEN.iter().any(|taken| said.contains(taken)) => {}
            Err(said) => outcome.problems.push(format!("{who}: {ENOUGH} applies were not enough: {said}")),
        }
    }
}

async fn destroy(stage: &Shared, players: &mut [Player], outcome: &mut Outcome) {
    for player in players.iter_mut() {
        let mut ended = player.destroy(None).await;
        if ended.is_err() {
            ended = player.destroy(None).await;
        }
        if let Err(said) = ended {
            outcome.problems.push(format!("{} cannot be destroyed: {said}", player.caller));
        }
    }
    let holds = stage.holds.lock().unwrap();
    assert!(!outcome.problems.is_empty() || holds.iter().all(|hold| hold.held.is_none()));
}

/// What is in no state is taken over, or made anew, by whoever runs the same configuration again, and is then gone.
async fn sweep(stage: &Shared, players: &mut Vec<Player>, schedule: &Schedule, outcome: &mut Outcome) {
    for (cluster, name) in CLUSTERS.into_iter().flat_map(|cluster| NAMES.map(|name| (cluster, name))) {
        let tag = format!("\"{cluster}/{name}/");
        let left = |stage: &Shared| -> Vec<String> {
            let all = stage.everything().into_iter().filter(|(_, tags)| tags.contains(&tag));
            all.map(|(arn, _)| arn).collect()
        };
        let before = left(stage);
        let plots = schedule.plots.iter().filter(|plot| (plot.cluster, plot.name) == (cluster, name));
        for plot in plots.cloned() {
            if left(stage).is_empty() {
                break;
            }
            let index = players.len();
            stage.holds.lock().unwrap().push(Default::default());
            let plot = Plot { priority: 500, ..plot };
            let mut player = Player::new(stage, index, plot, schedule.seed ^ 0xE4D).await;
            let ended = settle(&mut player).await;
            let gone = player.destroy(None).await;
            if ended.is_err() || gone.is_err() {
                outcome.problems.push(format!("left behind: {before:#?}, and then {ended:?}, {gone:?}"));
            }
            players.push(player);
        }
        let after = left(stage);
        if !after.is_empty() {
            outcome.problems.push(format!("left for ever: {after:#?}, of {before:#?}"));
        }
    }
    let rest = stage.everything();
    if !rest.is_empty() && outcome.problems.is_empty() {
        outcome.problems.push(format!("left over: {rest:#?}"));
    }
}
