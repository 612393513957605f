package bank

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestParseIBANRefuses(t *testing.T) {
	tests := []struct {
		name  string
		typed string
		want  Problem
		have  int
	}{
		{"nothing", "", Missing, 0},
		{"spaces only", "  \u00a0 ", Missing, 0},
		{"the word alone", "IBAN", Missing, 0},
		{"old Belgian number", "539-0075470-34", NoCountry, 12},
		{"one letter", "B", NoCountry, 1},
		{"letters where the check digits stand", "BEXX539007547034", NoCountry, 16},
		{"other script", "ВЕ68539007547034", BadCharacter, 0},
		{"other script's digits", "BE68٥39007547034", BadCharacter, 4},
		{"control character", "BE68\x00539007547034", BadCharacter, 4},
		{"markup", "<b>BE68539007547034", BadCharacter, 0},
		{"country without IBAN", "US64SVBKUS6S3300958879", UnknownCountry, 22},
		{"two short", "BE68 5390 0754 70", TooShort, 14},
		{"one long", "BE68 5390 0754 7034 1", TooLong, 17},
		{"far too long", strings.Repeat("BE", 200), TooLong, 400},
		{"letter O for zero", "BE68 539O 0754 7034", WrongShape, 16},
		{"one digit wrong", "BE68 5390 0754 7035", WrongDigits, 16},
		{"two digits swapped", "BE68 5390 0745 7034", WrongDigits, 16},
		{"check digits wrong", "BE86 5390 0754 7034", WrongDigits, 16},
		{"check digits 97 more", "BE99 0000 0000 0097", WrongDigits, 16},
		{"Belgian digits inside wrong, IBAN digits fit", withDigits("539007547035"), WrongDigits, 16},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseIBAN(tt.typed)
			var e IBANError
			if !errors.As(err, &e) || got != "" {
				t.Fatalf("ParseIBAN(%q) = %q, %v, want an IBANError", tt.typed, string(got), err)
			}
			if e.Problem != tt.want || e.Have != tt.have {
				t.Errorf("ParseIBAN(%q): problem %s with %d characters, want %s with %d", tt.typed, e.Problem, e.Have, tt.want, tt.have)
			}
			if len(tt.typed) > 12 && strings.Contains(err.Error(), tt.typed[4:12]) {
				t.Errorf("error shows the number: %v", err)
			}
		})
	}
}

// TestParseIBANAnyDigitWrong shows what the check digits promise: no number that
// differs in one digit, or in two neighbours swapped, passes.
func TestParseIBANAnyDigitWrong(t *testing.T) {
	const good = "BE68539007547034"
	for i := 2; i < len(good); i++ {
		for d := byte('0'); d <= '9'; d++ {
			b := []byte(good)
			if b[i] == d {
				continue
			}
			b[i] = d
			if _, err := ParseIBAN(string(b)); err == nil {
				t.Errorf("digit %d changed to %c passes", i, d)
			}
		}
		if i+1 < len(good) && good[i] != good[i+1] {
			b := []byte(good)
			b[i], b[i+1] = b[i+1], b[i]
			if _, err := ParseIBAN(string(b)); err == nil {
				t.Errorf("digits %d and %d swapped pass", i, i+1)
			}
		}
	}
}

func TestParseIBANAccepts(t *testing.T) {
	// The examples of the IBAN registry.
	for _, typed := range []string{
		"BE68 5390 0754 7034", "be68539007547034", "IBAN BE68 5390 0754 7034",
		"BE68-5390-0754-7034", "BE68.5390.0754.7034", "BE68\u00a05390\u202f0754 7034",
		"AT61 1904 3002 3457 3201", "CH93 0076 2011 6238 5295 7", "DE89 3704 0044 0532 0130 00",
		"ES91 2100 0418 4502 0005 1332", "FR14 2004 1010 0505 0001 3M02 606",
		"GB29 NWBK 6016 1331 9268 19", "IE29 AIBK 9311 5212 3456 78",
		"IT60 X054 2811 1010 0000 0123 456", "LU28 0019 4006 4475 0000",
		"MT84 MALT 0110 0001 2345 MTLC AST0 01S", "NL91 ABNA 0417 1643 00", "NO93 8601 1117 947",
		"PL61 1090 1014 0000 0712 1981 2874", "PT50 0002 0123 1234 5678 9015 4",
		"MU17 BOMM 0101 1010 3030 0200 000M UR", "BR18 0036 0305 0000 1000 9795 493C 1",
		"LC55 HEMM 0001 0001 0012 0012 0002 3015", "RU03 0445 2522 5408 1781 0538 0913 1041 9",
	} {
		got, err := ParseIBAN(typed)
		if err != nil {
			t.Errorf("ParseIBAN(%q): %v", typed, err)
			continue
		}
		if again, err := ParseIBAN(got.Grouped()); again != got || err != nil {
			t.Errorf("ParseIBAN(%q) does not read its own Grouped form %q", typed, got.Grouped())
		}
	}
}

func TestIBANShownAndHidden(t *testing.T) {
	i, err := ParseIBAN("be68 5390 0754 7034")
	if err != nil {
		t.Fatal(err)
	}
	if got := i.Grouped(); got != "BE68 5390 0754 7034" {
		t.Errorf("Grouped() = %q", got)
	}
	if got := i.Masked(); got != "BE•• •••• •••• 7034" {
		t.Errorf("Masked() = %q", got)
	}
	if i.Last4() != "7034" || i.Country() != "BE" {
		t.Errorf("Last4, Country = %q, %q", i.Last4(), i.Country())
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "iban", i)
	for _, shown := range []string{fmt.Sprint(i), fmt.Sprintf("%v %s", i, i), log.String()} {
		if strings.Contains(shown, "0754") {
			t.Errorf("number is not masked in %q", shown)
		}
	}
	if none := IBAN(""); none.Masked()+none.Last4()+none.Country()+none.Grouped() != "" {
		t.Error("an empty number is not shown empty")
	}
}

func TestBankOf(t *testing.T) {
	tests := []struct{ iban, bic, name string }{
		{"BE68539007547034", "", ""}, // 539 is not given to a bank
		{belgian("000"), "GEBABEBB", "BNP Paribas Fortis"},
		{belgian("049"), "GEBABEBB", "BNP Paribas Fortis"},
		{belgian("050"), "GKCCBEBB", "Belfius"},
		{belgian("363"), "BBRUBEBB", "ING"},
		{belgian("735"), "KREDBEBB", "KBC"},
		{belgian("732"), "CREGBEBB", "CBC Banque"},
		{belgian("979"), "ARSPBE22", "Argenta"},
		{belgian("999"), "", ""},
		{"NL91ABNA0417164300", "ABNANL2A", "ABN AMRO"},
		{"LU280019400644750000", "BCEELULL", "Spuerkeess"},
		{"DE89370400440532013000", "", ""},
	}
	for _, tt := range tests {
		i, err := ParseIBAN(tt.iban)
		if err != nil {
			t.Fatalf("ParseIBAN(%s): %v", tt.iban, err)
		}
		if bic, name := BankOf(i); bic != tt.bic || name != tt.name {
			t.Errorf("BankOf(%s) = %q, %q, want %q, %q", tt.iban, bic, name, tt.bic, tt.name)
		}
	}
}

// TestBelgianBanksAscend keeps the table fit for the binary search.
func TestBelgianBanksAscend(t *testing.T) {
	last := -1
	for _, b := range belgianBanks {
		if b.first <= last || b.last < b.first || b.last > 999 {
			t.Errorf("range %03d-%03d is out of order", b.first, b.last)
		}
		if len(b.bic) != 8 || b.bic[4:6] != "BE" {
			t.Errorf("BIC %s of %s is not one of a Belgian head office", b.bic, b.name)
		}
		last = b.last
	}
}

// belgian makes a number of the bank with that code, check digits computed.
func belgian(code string) string {
	bban := code + "0000000"
	n, err := strconv.Atoi(bban)
	if err != nil {
		panic(err)
	}
	c := n % 97
	if c == 0 {
		c = 97
	}
	return withDigits(bban + fmt.Sprintf("%02d", c))
}

// withDigits puts BE and the right check digits before a national number.
func withDigits(bban string) string {
	for d := 2; d <= 98; d++ {
		if s := fmt.Sprintf("BE%02d%s", d, bban); checkDigits(s) {
			return s
		}
	}
	panic("no check digits")
}

// FuzzParseIBAN: what parses reads back from each of its written forms, has the
// length of its country and is never shown by String; what does not parse is empty.
func FuzzParseIBAN(f *testing.F) {
	for _, s := range []string{"", "BE68 5390 0754 7034", "be00", "FR14 2004 1010 0505 0001 3M02 606", "539-0075470-34", "\xff\xfe", "IBANIBAN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		i, err := ParseIBAN(s)
		if err != nil {
			var e IBANError
			if i != "" || !errors.As(err, &e) {
				t.Fatalf("ParseIBAN(%q) = %q, %v", s, string(i), err)
			}
			return
		}
		if len(i) < 15 || len(i) > 34 || countries[i.Country()].length() != len(i) {
			t.Fatalf("ParseIBAN(%q) has length %d", s, len(i))
		}
		for _, again := range []string{string(i), i.Grouped(), strings.ToLower(i.Grouped())} {
			if j, err := ParseIBAN(again); j != i || err != nil {
				t.Fatalf("%q does not read back", again)
			}
		}
		if strings.Contains(i.String(), string(i[4:len(i)-4])) {
			t.Fatalf("String shows the number")
		}
		b := []byte(i)
		at := 4 + rand.IntN(len(b)-4)
		if isDigit(b[at]) {
			b[at] = '0' + (b[at]-'0'+1)%10
			if _, err := ParseIBAN(string(b)); err == nil {
				t.Fatalf("one digit wrong passes")
			}
		}
	})
}
