//! Any text is a filter or a fault; a filter is what it shows itself as, and means something or is a fault.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster::domain::scim::Filter;

fuzz_target!(|text: &str| {
    let Ok(filter) = Filter::parse(text) else {
        return;
    };
    let _ = filter.condition();
    // Shown, it has parentheses wherever one may stand: up to twice as many levels and bytes, beyond what may be read.
    let levels = text.matches(['(', '[']).count();
    if levels < 8 && text.len() < 1024 {
        assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
    }
});
