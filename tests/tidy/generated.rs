//! The registry's pages, generated from the schema and the examples. `BLESS=1` writes them.

use std::fs;

use bluegreen_provider::provider::{Bluegreen, NAME};
use terraform_plugin::{Provider as _, docs};

use super::files;

/// Pages that are not as they should be; with `BLESS=1`, none, because they are then made so.
pub fn stale() -> Vec<String> {
    let bless = std::env::var_os("BLESS").is_some_and(|value| value == "1");
    let mut complaints = Vec::new();
    for (path, wished) in pages() {
        let file = files::root().join(&path);
        let found = fs::read_to_string(&file).unwrap_or_default();
        if found == wished {
            continue;
        }
        if bless {
            let folder = file.parent().unwrap_or(files::root());
            fs::create_dir_all(folder)
                .and_then(|()| fs::write(&file, &wished))
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            continue;
        }
        let same = found.lines().zip(wished.lines()).take_while(|(found, wished)| found == wished).count();
        complaints
            .push(format!("{path}:{}: stale; run `BLESS=1 cargo test --test tidy` and commit it", same + 1));
    }
    complaints
}

fn pages() -> Vec<(String, String)> {
    let provider = Bluegreen::default();
    let example = example("examples/provider/provider.tf");
    let mut pages =
        vec![("docs/index.md".to_owned(), docs::provider_page(NAME, provider.schema(), &example))];
    for full in provider.resource_names() {
        let Some(resource) = provider.resource(&full) else { continue };
        let folder = format!("examples/resources/{full}");
        let (example, import) =
            (self::example(&format!("{folder}/resource.tf")), self::example(&format!("{folder}/import.sh")));
        let short = full.strip_prefix(&format!("{NAME}_")).unwrap_or(&full);
        let page = docs::resource_page(NAME, &full, resource.schema(), &example, &import);
        pages.push((format!("docs/resources/{short}.md"), page));
    }
    pages
}

fn example(path: &str) -> String {
    fs::read_to_string(files::root().join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}; write this example"))
}
