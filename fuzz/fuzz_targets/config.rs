//! Bytes as a `config.json`: what is taken must be sound, and come back from what we write of it.
#![no_main]

use arch::family;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(config) = serde_json::from_slice(bytes) else { return };
    let Ok(spec) = family::from_config(&config) else { return };
    spec.check().expect("what was read is sound");
    // A model of so many blocks would take long to name.
    if spec.n_layers > 100 || spec.experts.as_ref().is_some_and(|experts| experts.n > 100) {
        return;
    }
    assert!(spec.n_params() > 0 && spec.train_flops_per_token(spec.context) > 0.0);
    if let Ok(config) = family::to_config(&spec) {
        assert_eq!(family::from_config(&config).expect("our own words"), spec);
    }
});
