/// A point in time, read from RFC 3339 text, exact and comparable.
///
/// The order is that of time: offsets are taken into account, fractions of any length count, and a
/// leap second is later than second 59 and earlier than the next minute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp {
    /// Minutes since the beginning of year 0, UTC. Offsets are whole minutes, so a leap second
    /// keeps its place within the minute.
    minute: i64,
    /// 0 to 60.
    second: u8,
    /// The decimal digits of the fraction without zeros at the end. So equal fractions are equal
    /// texts, and the order of the texts is that of the fractions.
    fraction: Box<str>,
}

impl Timestamp {
    /// Reads `2024-05-01T12:00:00Z`, with or without fraction, with any offset.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = Rest(text);
        let (year, month, day) = (rest.number(4)?, rest.after('-')?, rest.after('-')?);
        rest.any_of(&['T', 't'])?;
        let (hour, minute, second) = (rest.number(2)?, rest.after(':')?, rest.after(':')?);
        let fraction = rest.fraction()?;
        let offset = rest.offset()?;

        let date = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
        let time = hour <= 23 && minute <= 59 && second <= 60;
        (date && time && rest.0.is_empty()).then(|| Self {
            minute: (days_before(year, month) + day) * 24 * 60 + hour * 60 + minute - offset,
            second: u8::try_from(second).unwrap_or(60),
            fraction: fraction.into(),
        })
    }
}

/// What is left to read.
struct Rest<'t>(&'t str);

impl<'t> Rest<'t> {
    /// Exactly this many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        // `parse` alone would let a sign pass.
        number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
    }

    /// A separator and two digits.
    fn after(&mut self, separator: char) -> Option<i64> {
        self.any_of(&[separator])?;
        self.number(2)
    }

    /// One of these characters.
    fn any_of(&mut self, characters: &[char]) -> Option<()> {
        self.0 = self.0.strip_prefix(characters)?;
        Some(())
    }

    /// A dot and digits, or nothing.
    fn fraction(&mut self) -> Option<&'t str> {
        let Some(rest) = self.0.strip_prefix('.') else {
            return Some("");
        };
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = rest.strip_suffix(after).filter(|digits| !digits.is_empty())?;
        self.0 = after;
        Some(digits.trim_end_matches('0'))
    }

    /// `Z`, or hours and minutes ahead of UTC, in minutes.
    fn offset(&mut self) -> Option<i64> {
        if self.any_of(&['Z', 'z']).is_some() {
            return Some(0);
        }
        let sign = if self.any_of(&['+']).is_some() {
            1
        } else {
            self.any_of(&['-'])?;
            -1
        };
        let (hours, minutes) = (self.number(2)?, self.after(':')?);
        (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
    }
}

/// Days from the beginning of year 0 to that of a month, in the Gregorian calendar.
fn days_before(year: i64, month: i64) -> i64 {
    let leap_days = match year {
        0 => 0,
        // Year 0 is a leap year too.
        _ => (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + 1,
    };
    let months: i64 = (1..month).map(|month| days_in_month(year, month)).sum();
    year * 365 + leap_days + months
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn parse(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap_or_else(|| panic!("`{text}` is RFC 3339"))
    }

    #[test]
    fn the_order_is_that_of_time() {
        let ordered = [
            "0000-01-01T00:00:00Z",
            "0000-12-31T23:59:59Z",
            "0001-01-01T00:00:00Z",
            "1999-12-31T23:59:59.999999999999Z",
            "2000-01-01T00:00:00Z",
            "2000-02-29T00:00:00Z",
            "2000-03-01T00:00:00Z",
            "2016-12-31T23:59:59.9Z",
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59:60.5Z",
            "2017-01-01T00:00:00Z",
            // Half past midnight two hours ahead is still the day before.
            "2024-05-01T00:30:00+02:00",
            "2024-04-30T23:00:00Z",
            "2024-04-30T22:30:00-01:00",
            "2024-05-01T00:00:00.09Z",
            "2024-05-01T00:00:00.1Z",
            "2024-05-01T00:00:00.11Z",
            "9999-12-31T23:59:59Z",
        ];
        for pair in ordered.windows(2) {
            assert!(parse(pair[0]) < parse(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn one_moment_has_many_spellings() {
        // RFC 3339 §5.8.
        assert_eq!(parse("1996-12-19T16:39:57-08:00"), parse("1996-12-20T00:39:57Z"));
        assert_eq!(parse("1990-12-31T23:59:60Z"), parse("1990-12-31T15:59:60-08:00"));
        assert_eq!(parse("1937-01-01T12:00:27.87+00:20"), parse("1937-01-01t11:40:27.8700z"));
        assert_eq!(parse("2024-01-01T00:00:00-00:00"), parse("2024-01-01T00:00:00.0Z"));
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        // Days since 1970-01-01 as `date -d … +%s` counts them.
        let epoch = days_before(1970, 1);
        assert_eq!(days_before(2000, 3) - epoch, 11_017);
        assert_eq!(days_before(2024, 2) - epoch, 19_754);
        assert_eq!(days_before(1900, 3) - epoch, -25_508);
        assert_eq!(days_before(2100, 3) - days_before(2100, 2), 28);
    }

    #[test]
    fn other_texts_are_no_timestamps() {
        for text in [
            "",
            "2024-05-01",
            "2024-05-01T00:00:00",
            "2024-05-01 00:00:00Z",
            "2024-05-01T00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-00-01T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-05-00T00:00:00Z",
            "2024-05-01T24:00:00Z",
            "2024-05-01T00:60:00Z",
            "2024-05-01T00:00:61Z",
            "2024-05-01T00:00:00.Z",
            "2024-05-01T00:00:00Zx",
            "2024-05-01T00:00:00+0200",
            "2024-05-01T00:00:00+24:00",
            "+024-05-01T00:00:00Z",
            "2024-05-01T00:00:00+-1:00",
            "24-05-01T00:00:00Z",
            "２024-05-01T00:00:00Z",
            "yesterday",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
