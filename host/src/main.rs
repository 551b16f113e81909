//! The `portcullis` program: everything is in the library, so that the tests run exactly this.

fn main() -> std::process::ExitCode {
    portcullis::cli::main()
}
