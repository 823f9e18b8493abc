//! Being started by hand, perhaps under a debugger: Terraform is told where to find us.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;

use super::ending::Ending;
use super::handshake::{Address, PROTOCOL};
use super::plugin::Plugin;
use super::serve::{ServeError, ServeOptions, install, runtime};
use super::signals::{self, Interrupts};
use crate::kinds::Provider;

/// Serves any number of Terraform runs until Ctrl-C. `address` is the provider's full source address,
/// such as `registry.terraform.io/NAMESPACE/NAME`.
pub fn serve_debug(provider: Arc<dyn Provider>, options: &ServeOptions, address: &str) -> ExitCode {
    install(&*provider, options);
    let result = runtime().map_err(ServeError::Start).and_then(|runtime| {
        let result = runtime.block_on(reattached(provider, address));
        runtime.shutdown_background();
        result
    });
    match result {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

async fn reattached(provider: Arc<dyn Provider>, address: &str) -> Result<Ending, ServeError> {
    // No TLS: in this mode Terraform has no way to tell us its certificate. The directory is private.
    let plugin = Plugin::start(provider, None, &std::env::temp_dir())?;
    signals::handle(Interrupts::End, plugin.end())?;
    let mut out = io::stdout();
    writeln!(out, "Provider started. Let Terraform find it by setting, in another terminal:\n")?;
    writeln!(out, "\tTF_REATTACH_PROVIDERS='{}'\n", reattach(address, plugin.address()))?;
    out.flush()?;
    // Terraform says it is done after each run; the next one wants to find us still here.
    Ok(plugin.run(|ending| ending == Ending::Terminated).await?)
}

/// The variable's value. Protocol version 0 would mean 5; a test provider is not ended by Terraform.
fn reattach(provider: &str, address: &Address) -> String {
    json!({ provider: {
        "Protocol": "grpc",
        "ProtocolVersion": PROTOCOL,
        "Pid": std::process::id(),
        "Test": true,
        "Addr": { "Network": address.network(), "String": address.to_string() },
    }})
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terraform_is_told_all_it_wants_to_know() {
        let text = reattach("registry.terraform.io/ns/toy", &Address::Unix("/tmp/s".into()));
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let entry = &json["registry.terraform.io/ns/toy"];
        assert_eq!(entry["ProtocolVersion"], 6);
        assert_eq!(entry["Test"], true);
        assert_eq!(entry["Addr"]["Network"], "unix");
        assert_eq!(entry["Addr"]["String"], "/tmp/s");
    }
}
