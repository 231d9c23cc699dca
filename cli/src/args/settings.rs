//! The flags that set settings, made from the table of settings: one for each, with its words and its default.

use crate::settings::{Default, SETTINGS};
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};

/// What the flags say, by the setting's number in the table.
#[derive(Debug)]
pub(crate) struct SettingFlags(pub(crate) Vec<(usize, String)>);

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<SettingFlags, Error> {
        let said = SETTINGS
            .iter()
            .enumerate()
            .filter_map(|(number, setting)| Some((number, matches.get_one::<String>(setting.name)?.clone())));
        Ok(SettingFlags(said.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = SettingFlags::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().fold(command, |command, setting| {
            let default = match setting.default {
                Default::Text(text) => text,
                Default::Words(words) => words,
            };
            let arg = Arg::new(setting.name)
                .long(setting.long())
                .value_name(setting.kind.value_name())
                .help(format!("{} [default: {default}]", setting.what))
                .help_heading("Settings, each also a line of wayleave.toml and a variable WAYLEAVE_…");
            // A switch that is named is on; another word needs a sign before it, so that the policy is not taken for one.
            command.arg(if setting.kind.is_switch() {
                arg.num_args(0..=1).require_equals(true).default_missing_value("true")
            } else {
                arg
            })
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        SettingFlags::augment_args(command)
    }
}
