//! Plays the moves one after the other, and judges after each who saw what.

use std::time::{Duration, Instant};

use anyhow::bail;

use super::audience::{Audience, Office};
use super::example::Tfvars;
use super::moves::{self, Move};
use super::player::{Applied, Player};
use super::screen::{Row, Screen};
use aws_sandbox::Running;

/// How long after an apply who sees what is looked at.
const WATCHED: Duration = Duration::from_millis(700);

pub(super) struct Story {
    pub player: Player,
    pub sandbox: Running,
    pub office: Office,
    pub screen: Screen,
    /// Of each of the four audiences.
    pub requests_per_second: f64,
    /// How many at most.
    pub moves: usize,
}

/// How far the story is, and what the table and the last line are made of.
struct SoFar {
    tfvars: Tfvars,
    /// Asks from the first create on; nobody can be served before.
    audience: Option<Audience>,
    /// The side that served the public after the last move.
    public: &'static str,
    rows: Vec<Row>,
    requests: u64,
    failures: u64,
    wrong: Vec<String>,
}

impl Story {
    /// Whether all went well: no request failed, each audience saw the side it should, and every second plan was
    /// empty. With `keep` it waits for Ctrl-C at the end instead of destroying, while the requests go on.
    pub async fn play(&mut self, keep: bool) -> anyhow::Result<bool> {
        let began = Instant::now();
        self.screen.introduce(&self.sandbox.ready, &self.office, &self.player);
        let mut so_far = SoFar {
            tfvars: Tfvars::as_committed(),
            audience: None,
            public: "nobody",
            rows: Vec::new(),
            requests: 0,
            failures: 0,
            wrong: Vec::new(),
        };
        self.screen.command(&self.player.typed("init"));
        self.player.begin().await?;
        for this in moves::all().into_iter().take(self.moves) {
            self.make(&this, &mut so_far).await?;
        }
        if keep {
            self.finish(&so_far, began);
            self.screen.kept(&self.sandbox.ready, &self.player, &self.office);
            tokio::signal::ctrl_c().await?;
        } else {
            if let Some(audience) = so_far.audience.take() {
                // Requests between the last move and the end count too.
                let (requests, failures) = audience.stop().await;
                so_far.requests = so_far.requests.max(requests);
                so_far.failures = so_far.failures.max(failures);
            }
            self.destroy(&mut so_far).await?;
            self.finish(&so_far, began);
        }
        Ok(so_far.failures == 0 && so_far.wrong.is_empty())
    }

    fn finish(&self, so_far: &SoFar, began: Instant) {
        self.screen.table(&so_far.rows);
        for wrong in &so_far.wrong {
            self.screen.say(&format!("wrong: {wrong}"));
        }
        let (requests, failures) = (so_far.requests, so_far.failures);
        let (moves, seconds) = (so_far.rows.len(), began.elapsed().as_secs());
        self.screen
            .say(&format!("demo: {requests} requests, {failures} failed, {moves} moves, {seconds} seconds"));
    }

    async fn make(&mut self, this: &Move, so_far: &mut SoFar) -> anyhow::Result<()> {
        let changed = this.set.iter().filter(|(name, value)| so_far.tfvars.set(name, value));
        let changed: Vec<String> = changed.map(|(name, value)| format!("{name} = {value}")).collect();
        self.player.save(&so_far.tfvars)?;
        self.screen.begin(so_far.rows.len() + 1, this, &changed);
        self.screen.command(&self.player.typed("plan"));
        let planned = self.player.plan().await?;
        self.screen.steps(&planned);
        self.screen.command(&self.player.typed("apply"));
        let (began, from) =
            (Instant::now(), so_far.audience.as_ref().map_or(Duration::ZERO, Audience::elapsed));
        let applied = self.screen.watch(self.player.apply(), so_far.audience.as_ref()).await?;
        let seconds = began.elapsed().as_secs_f64();
        self.ended_as_it_should(this, &applied)?;
        let empty = self.player.has_nothing_to_do().await?;
        if empty == this.fails {
            let is = if empty { "empty" } else { "not empty" };
            so_far.wrong.push(format!("the plan after \"{}\" is {is}", this.name));
        }
        let audience = match &mut so_far.audience {
            Some(audience) => audience,
            none => {
                none.insert(Audience::start(&self.sandbox.ready, &self.office, self.requests_per_second)?)
            }
        };
        tokio::time::sleep(WATCHED).await;
        let now = audience.elapsed();
        let seen = audience.seen(now.saturating_sub(WATCHED), now);
        for (who, expected, seen) in
            [("the public", this.public, &seen.public), ("the office", this.office, &seen.office)]
        {
            if **seen != [expected] {
                so_far.wrong.push(format!("after \"{}\" {who} saw {seen:?}, not {expected}", this.name));
            }
        }
        let during = audience.seen(from, now).public;
        if let Some(early) = during.iter().find(|side| ![this.public, so_far.public].contains(side)) {
            so_far.wrong.push(format!("during \"{}\" the public saw {early}", this.name));
        }
        let (requests, failures) = audience.counted(from);
        if failures > 0 {
            so_far.wrong.extend(audience.first_failures(from));
        }
        let plan = match (this.fails, empty) {
            (true, _) => "failed, as it should",
            (false, true) => "empty",
            (false, false) => "NOT EMPTY",
        };
        so_far.requests += requests;
        so_far.failures += failures;
        so_far.public = this.public;
        self.end(
            so_far,
            Row {
                name: this.name,
                requests,
                failures,
                seconds,
                public: seen.public.join("+"),
                office: seen.office.join("+"),
                plan,
            },
        );
        Ok(())
    }

    /// A move that is meant to fail and did has its reason shown.
    fn ended_as_it_should(&self, this: &Move, applied: &Applied) -> anyhow::Result<()> {
        if applied.ok == this.fails {
            self.screen.say(&applied.said);
            bail!("the apply {} at \"{}\"", if applied.ok { "succeeded" } else { "failed" }, this.name);
        }
        if this.fails {
            self.screen.reason(&applied.said);
        }
        Ok(())
    }

    async fn destroy(&mut self, so_far: &mut SoFar) -> anyhow::Result<()> {
        self.screen.say(&format!("\n{}. destroy: nothing is left", so_far.rows.len() + 1));
        self.screen.command(&self.player.typed("destroy"));
        let began = Instant::now();
        let destroyed = self.screen.watch(self.player.destroy(), None).await?;
        if !destroyed.ok {
            bail!("the destroy failed:\n{}", destroyed.said);
        }
        let nobody = || "-".to_owned();
        self.end(
            so_far,
            Row {
                name: "destroy",
                requests: 0,
                failures: 0,
                seconds: began.elapsed().as_secs_f64(),
                public: nobody(),
                office: nobody(),
                plan: "-",
            },
        );
        Ok(())
    }

    fn end(&self, so_far: &mut SoFar, row: Row) {
        self.screen.end(&row);
        so_far.rows.push(row);
    }
}
