//! Links the speech libraries that the system's packages provide.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
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
