//! The schema users have, as a golden file: nobody's configuration breaks without a line changing here.
//! `BLESS=1` rewrites it.

use std::fmt::Write as _;
use std::path::Path;

use bluegreen_provider::provider::Bluegreen;
use terraform_plugin::{Provider as _, Schema};

fn lines(title: &str, schema: &Schema) -> String {
    let mut text = format!("{title}, version {}\n", schema.version);
    schema.walk(&mut |name, attribute| {
        let mut flags = format!("{:?}", attribute.presence).to_lowercase();
        for (set, flag) in [(attribute.sensitive, " sensitive"), (attribute.replaces, " replaces")] {
            flags.push_str(if set { flag } else { "" });
        }
        let default = attribute.default.as_ref().map(|value| format!(" = {value:?}")).unwrap_or_default();
        let kind = attribute.kind.value_type().to_json();
        let kind = if attribute.kind.members().is_some() { "object".to_owned() } else { kind.to_string() };
        let _ = writeln!(text, "{name}: {kind} {flags}{default}");
    });
    text
}

#[test]
fn the_schema_is_the_golden_one() {
    let provider = Bluegreen::default();
    let mut seen = lines("provider", provider.schema());
    for name in provider.resource_names() {
        let resource = provider.resource(&name).unwrap();
        seen.push('\n');
        seen.push_str(&lines(&name, resource.schema()));
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/schema.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &seen).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        seen, golden,
        "the schema changed; if that is meant, run with BLESS=1 and say so in CHANGELOG.md"
    );
}
