//! Time zones: from civil dates to instants and back. The rules come from a copy of the tz database in the program; no disk
//! and no clock is read.

use crate::instant;
use crate::value::{Instant, MinuteOfDay};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

/// The zone of a policy's dates, calendar periods and times of day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

impl Default for Zone {
    fn default() -> Zone {
        Zone { name: "UTC".to_owned(), rules: TimeZone::UTC }
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.name
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Zone, String> {
        if name == Zone::default().name {
            return Ok(Zone::default());
        }
        Zone::find(&name).ok_or_else(|| format!("the time zone `{name}` is not known"))
    }
}

/// An instant as the clock and calendar of a zone show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// 0 is Monday.
    pub weekday: u32,
    /// The minute that has begun.
    pub minute: MinuteOfDay,
}

/// A calendar period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Period {
    /// `hour`
    Hour,
    /// `day`
    Day,
    /// `week`, from Monday on
    Week,
    /// `month`
    Month,
    /// `quarter`
    Quarter,
    /// `year`
    Year,
}

impl Period {
    /// As a policy spells it.
    pub fn name(self) -> &'static str {
        match self {
            Period::Hour => "hour",
            Period::Day => "day",
            Period::Week => "week",
            Period::Month => "month",
            Period::Quarter => "quarter",
            Period::Year => "year",
        }
    }

    /// The period of that name.
    pub fn find(name: &str) -> Option<Period> {
        let all = [Period::Hour, Period::Day, Period::Week, Period::Month, Period::Quarter, Period::Year];
        all.into_iter().find(|period| period.name() == name)
    }
}

impl Zone {
    /// The zone of that name, such as `Europe/Zurich`, in any case.
    pub fn find(name: &str) -> Option<Zone> {
        let rules = TimeZoneDatabase::bundled().get(name).ok()?;
        Some(Zone { name: rules.iana_name().unwrap_or("UTC").to_owned(), rules })
    }

    /// Every name, in the order of the alphabet.
    pub fn names() -> Vec<String> {
        TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect()
    }

    /// As the tz database spells it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first instant of a day; none for a day that does not exist.
    pub fn first_instant(&self, year: i64, month: i64, day: i64) -> Option<Instant> {
        let date =
            Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        let first = date.to_zoned(self.rules.clone()).and_then(|noon| noon.start_of_day());
        match first {
            Ok(first) => Some(Instant(first.timestamp().as_second())),
            // At the very end of the calendar, where zones are not known.
            Err(_) => instant::from_date(year, month, day),
        }
    }

    /// Reads `2027-06-30`, the first instant of that day here, or an instant such as `2027-06-30T09:00Z`.
    pub fn read(&self, text: &str) -> Option<Instant> {
        let midnight = instant::read(text)?;
        if text.contains('T') {
            return Some(midnight);
        }
        let mut parts = text.split('-').map(str::parse);
        self.first_instant(parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?)
    }

    /// The day of an instant here, as `2027-06-30`.
    pub fn write_date(&self, instant: Instant) -> String {
        let date = self.zoned(instant).date();
        format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }

    /// What clock and calendar show.
    pub fn local(&self, instant: Instant) -> Local {
        let zoned = self.zoned(instant);
        let weekday = u32::from(zoned.weekday().to_monday_zero_offset().unsigned_abs());
        let minute = u32::from(zoned.hour().unsigned_abs()) * 60 + u32::from(zoned.minute().unsigned_abs());
        Local { weekday, minute: MinuteOfDay(minute) }
    }

    /// The first instant after the period in which an instant lies.
    pub fn end_of(&self, period: Period, instant: Instant) -> Option<Instant> {
        let zoned = self.zoned(instant);
        if period == Period::Hour {
            let begun = i64::from(zoned.minute()) * 60 + i64::from(zoned.second());
            return Some(Instant(instant.0 - begun + 3600));
        }
        let (year, month) = (i64::from(zoned.year()), i64::from(zoned.month()));
        let first_of = |months_on: i64| {
            let month = month + months_on;
            self.first_instant(year + (month - 1).div_euclid(12), (month - 1).rem_euclid(12) + 1, 1)
        };
        let day_after = |days: i64| {
            let date = zoned.date().checked_add(jiff::Span::new().days(days)).ok()?;
            self.first_instant(date.year().into(), date.month().into(), date.day().into())
        };
        match period {
            Period::Hour => None,
            Period::Day => day_after(1),
            Period::Week => day_after(7 - i64::from(zoned.weekday().to_monday_zero_offset())),
            Period::Month => first_of(1),
            Period::Quarter => first_of(3 - (month - 1).rem_euclid(3)),
            Period::Year => self.first_instant(year + 1, 1, 1),
        }
    }

    fn zoned(&self, instant: Instant) -> jiff::Zoned {
        // What lies outside the calendar is as good as its first and last instant.
        let first = instant.0.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        Timestamp::from_second(first).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(self.rules.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zurich() -> Zone {
        Zone::find("europe/zurich").expect("a zone")
    }

    fn read(text: &str) -> Instant {
        instant::read(text).expect("an instant")
    }

    #[test]
    fn a_day_begins_where_it_is() {
        assert_eq!(zurich().name(), "Europe/Zurich");
        assert_eq!(zurich().read("2026-12-01"), Some(read("2026-11-30T23:00Z")));
        assert_eq!(zurich().read("2026-07-01"), Some(read("2026-06-30T22:00Z")));
        assert_eq!(zurich().read("2026-12-01T00:00Z"), Some(read("2026-12-01")));
        assert_eq!(zurich().read("2026-02-29"), None);
        assert_eq!(Zone::find("Europe/Zürich"), None);
        assert_eq!(zurich().read("9999-12-31"), Some(read("9999-12-31")));
    }

    #[test]
    fn clocks_follow_the_zone() {
        // The night in which clocks go forward: 02:00 is 03:00.
        let local = |text: &str| zurich().local(read(text));
        assert_eq!(local("2026-03-29T00:59Z"), Local { weekday: 6, minute: MinuteOfDay(119) });
        assert_eq!(local("2026-03-29T01:00Z"), Local { weekday: 6, minute: MinuteOfDay(180) });
        assert_eq!(local("2026-03-29T22:00Z"), Local { weekday: 0, minute: MinuteOfDay(0) });
    }

    #[test]
    fn calendar_periods_end_where_they_are() {
        let end = |period, text: &str| zurich().end_of(period, read(text)).map(instant::write);
        let of = |text: &str| Some(text.to_owned());
        assert_eq!(end(Period::Hour, "2026-12-09T10:20Z"), of("2026-12-09T11:00Z"));
        assert_eq!(end(Period::Day, "2026-12-09T23:30Z"), of("2026-12-10T23:00Z"));
        assert_eq!(end(Period::Week, "2026-12-09T10:00Z"), of("2026-12-13T23:00Z"));
        assert_eq!(end(Period::Month, "2026-12-09T10:00Z"), of("2026-12-31T23:00Z"));
        assert_eq!(end(Period::Quarter, "2026-11-09T10:00Z"), of("2026-12-31T23:00Z"));
        assert_eq!(end(Period::Quarter, "2026-04-09T10:00Z"), of("2026-06-30T22:00Z"));
        assert_eq!(end(Period::Year, "2026-11-09T10:00Z"), of("2026-12-31T23:00Z"));
    }
}
