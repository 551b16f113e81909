//! `portcullis config`: the settings, with their defaults and their meaning.

use clap::Subcommand;

use super::{Error, Outcome, Place, output};

/// Show settings
#[derive(Subcommand)]
pub enum Config {
    /// Print a configuration file with every setting, its default and its meaning
    Defaults,
    /// Read the configuration as `serve` would, and say what is wrong with it
    Check {
        /// Where the settings are
        #[command(flatten)]
        place: Place,
    },
}

impl Config {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        match self {
            Config::Defaults => output::say(crate::config::defaults_file().trim_end()),
            Config::Check { place } => {
                let config = place.load(None, false)?;
                config.warnings().iter().for_each(|warning| output::complain(warning));
                output::say("the configuration is good");
            }
        }
        Ok(Outcome::Yes)
    }
}
