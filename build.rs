//! Links the speech libraries that the system's packages provide.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    embedded();
    flite();
    pocketsphinx();
    sherpa();
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

/// The bindings read the cepstral mean out of a structure whose layout belongs to this release,
/// so another one must not be linked unseen.
fn pocketsphinx() {
    for library in ["pocketsphinx", "sphinxbase"] {
        let found = pkg_config::Config::new()
            .exactly_version("5prealpha")
            .probe(library);
        if let Err(error) = found {
            println!(
                "cargo::error={library} 5prealpha is missing: apt-get install pkg-config \
                 libpocketsphinx-dev pocketsphinx-en-us. {error}"
            );
        }
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

/// The libraries of sherpa-onnx stand in a folder of their own, where the binary must find them
/// too: what the bindings' build script says of that does not reach a binary of this package.
fn sherpa() {
    println!("cargo::rerun-if-env-changed=SHERPA_ONNX_LIB_DIR");
    if std::env::var_os("CARGO_FEATURE_SHERPA").is_none() {
        return;
    }
    match std::env::var("SHERPA_ONNX_LIB_DIR") {
        Ok(folder) => println!("cargo::rustc-link-arg=-Wl,-rpath,{folder}"),
        Err(_) => println!("cargo::error=SHERPA_ONNX_LIB_DIR is not set"),
    }
}
