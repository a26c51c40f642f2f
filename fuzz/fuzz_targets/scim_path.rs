//! Any text is a path or a fault; a path is what it shows itself as.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster::domain::scim::Path;

fuzz_target!(|text: &str| {
    let Ok(path) = Path::parse(text) else {
        return;
    };
    let _ = path.meant().attribute();
    // As of filters.
    let levels = text.matches(['(', '[']).count();
    if levels < 8 && text.len() < 1024 {
        assert_eq!(Path::parse(&path.to_string()), Ok(path));
    }
});
