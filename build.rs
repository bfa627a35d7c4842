//! Links the speech libraries that the system's packages provide.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    embedded();
    flite();
}

/// flite ships no pkg-config file; the order is that of dependence, voices first.
fn flite() {
    for library in [
        "flite_cmu_us_slt",
        "flite_cmu_us_rms",
        "flite_cmu_us_awb",
        "flite_cmu_us_kal16",
        "flite_usenglish",
        "flite_cmulex",
        "flite",
    ] {
        println!("cargo::rustc-link-lib=dylib={library}");
    }
}

/// A release carries the page and every build the migrations; neither macro that embeds them
/// notices a file that was added.
fn embedded() {
    println!("cargo::rerun-if-changed=migrations");
    // A path that does not exist makes cargo build each time, which only a release deserves.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=web/dist");
    }
}
