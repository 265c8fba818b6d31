//! The `trueup` program; see the library for how it is made.

fn main() -> std::process::ExitCode {
    trueup::cli::main()
}
