//! One binary: the plugin when Terraform starts it, the sandbox, the demo and the probe when a person does.

use std::process::ExitCode;
use std::sync::Arc;

use bluegreen_provider::cli::{demo, probe, sandbox};
use bluegreen_provider::provider::Bluegreen;
use clap::{Parser, Subcommand};
use terraform_plugin::ServeOptions;

const BY_HAND: &str = "\
This is the Terraform provider ecs-bluegreen/bluegreen: a plugin that terraform or tofu starts by itself.
Put it into a configuration with

    terraform {
      required_providers {
        bluegreen = { source = \"ecs-bluegreen/bluegreen\" }
      }
    }

By hand it can be started as `sandbox` (a local AWS to rehearse with), `demo` (a whole release story) or
`probe URL` (a check for failed requests). See --help.";

/// Blue/green and canary releases of Amazon ECS Fargate services.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Serve as a plugin started by hand, as under a debugger, and print how to attach Terraform to it.
    #[arg(long)]
    debug: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Sandbox(aws_sandbox::SandboxOptions),
    Demo(demo::Args),
    Probe(probe::Args),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match arguments.command {
        None if arguments.debug => {
            let address = "registry.terraform.io/ecs-bluegreen/bluegreen";
            return terraform_plugin::serve_debug(Arc::new(Bluegreen::default()), &serve_options(), address);
        }
        None => {
            return terraform_plugin::serve(Arc::new(Bluegreen::default()), &serve_options());
        }
        Some(command) => run(command),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

fn serve_options() -> ServeOptions {
    ServeOptions::new(BY_HAND).events_of("bluegreen_provider")
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        match command {
            Command::Sandbox(options) => sandbox::run(options).await.map(|()| ExitCode::SUCCESS),
            Command::Demo(args) => demo::run(args, Arc::new(Bluegreen::default())).await,
            Command::Probe(args) => probe::run(args).await,
        }
    });
    runtime.shutdown_background();
    ended
}
