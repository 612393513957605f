package reader

import (
	"strconv"
	"strings"
	"time"
)

// months holds the abbreviations that cards print in the language of the municipality.
var months = map[string]time.Month{
	"JAN": 1, "FEV": 2, "MARS": 3, "AVR": 4, "MAI": 5, "JUIN": 6, // French
	"JUIL": 7, "AOUT": 8, "SEPT": 9, "OCT": 10, "NOV": 11, "DEC": 12,
	"FEB": 2, "MAAR": 3, "APR": 4, "MEI": 5, "JUN": 6, "JUL": 7, // Dutch
	"AUG": 8, "SEP": 9, "OKT": 10,
	"MÄR": 3, "DEZ": 12, // German
	"FÉV": 2, "AOÛT": 8, "DÉC": 12, "MRT": 3, "MAR": 3, "MRZ": 3, // as people write them
}

// parseDate reads "02.01.2006", "02 JAN 2006" and "02.JAN.2006" in any of the three
// languages. Zero when the day is not known ("1960", "00.00.1960") or makes no sense.
func parseDate(s string) time.Time {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '.' || r == ' ' })
	if len(parts) != 3 || len(parts[2]) != 4 {
		return time.Time{}
	}
	month, named := months[strings.ToUpper(parts[1])]
	if !named {
		month = time.Month(digits(parts[1]))
	}
	day, year := digits(parts[0]), digits(parts[2])
	if day < 0 || month < 0 || year < 0 {
		return time.Time{}
	}
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if date.Day() != day || date.Month() != month || date.Year() != year {
		return time.Time{} // 31.02. and the like
	}
	return date
}

// digits reads a number without a sign, -1 if it is none.
func digits(s string) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}
