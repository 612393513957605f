package account

import (
	"errors"
	"strings"
	"unicode"
)

// PhoneKind is one of the telephone numbers of a member.
type PhoneKind string

// The kinds. The insurance system delivers one number, which is a mobile one or not.
const (
	Mobile PhoneKind = "mobile"
	Home   PhoneKind = "home"
	Work   PhoneKind = "work"
)

// PhoneKinds lists them in the order of the page. The slice is the caller's.
func PhoneKinds() []PhoneKind { return []PhoneKind{Mobile, Home, Work} }

// Contacts is how a member is reached. Numbers are in international form, "+32470000142";
// empty: none.
type Contacts struct {
	Email              string
	Mobile, Home, Work string
	Workplace          WorkAddress
}

// Of is the number of a kind.
func (c Contacts) Of(k PhoneKind) string {
	return map[PhoneKind]string{Mobile: c.Mobile, Home: c.Home, Work: c.Work}[k]
}

// Set puts a number in the place of that of a kind.
func (c *Contacts) Set(k PhoneKind, number string) {
	if place := map[PhoneKind]*string{Mobile: &c.Mobile, Home: &c.Home, Work: &c.Work}[k]; place != nil {
		*place = number
	}
}

// Delivered is the kind of a number that the insurance system delivers.
func Delivered(number string) PhoneKind {
	if mobile(number) {
		return Mobile
	}
	return Home
}

var (
	// ErrPhone means that what was typed is no telephone number.
	ErrPhone = errors.New("not a telephone number")
	// ErrNotMobile means that it is the number of a place.
	ErrNotMobile = errors.New("not a mobile number")
)

// mobile says that a number in international form is one of a Belgian or French mobile
// telephone, or of another country, where we cannot tell.
func mobile(number string) bool {
	switch {
	case strings.HasPrefix(number, "+324"):
		return len(number) == 12
	case strings.HasPrefix(number, "+33"):
		return len(number) == 12 && (number[3] == '6' || number[3] == '7')
	}
	return number != "" && !strings.HasPrefix(number, "+32")
}

// ParsePhone reads a number as people type it, "0470/00.01.42", "+32 (0)4 322 11 00",
// "0033 1 40 20 50 50", and returns it in international form (E.164). Empty is none. In a
// national form it is a Belgian one. ErrPhone, ErrNotMobile.
func ParsePhone(k PhoneKind, typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return "", nil
	}
	if len(typed) > 40 {
		return "", ErrPhone
	}
	typed = strings.Replace(typed, "(0)", "", 1)
	var b strings.Builder
	for i, r := range typed {
		switch {
		case r >= '0' && r <= '9', r == '+' && i == 0:
			b.WriteRune(r)
		case strings.ContainsRune("./-() ", r) || unicode.IsSpace(r):
		default:
			return "", ErrPhone
		}
	}
	number := b.String()
	switch {
	case strings.HasPrefix(number, "+"):
	case strings.HasPrefix(number, "00"):
		number = "+" + number[2:]
	case strings.HasPrefix(number, "0"):
		number = "+32" + number[1:]
	default:
		return "", ErrPhone
	}
	if !validPhone(number) {
		return "", ErrPhone
	}
	if k == Mobile && !mobile(number) {
		return "", ErrNotMobile
	}
	return number, nil
}

// validPhone checks the length: exactly for Belgium (8 digits, 9 of a mobile one) and
// France (9), else that of E.164, 8 to 15 digits with the country's.
func validPhone(number string) bool {
	digits := number[1:]
	switch {
	case strings.HasPrefix(digits, "0"):
		return false
	case strings.HasPrefix(digits, "324") && len(digits) == 11:
		return digits[3] >= '5'
	case strings.HasPrefix(digits, "32"):
		return len(digits) == 10 && digits[2] != '0'
	case strings.HasPrefix(digits, "33"):
		return len(digits) == 11 && digits[2] != '0'
	}
	return len(digits) >= 8 && len(digits) <= 15
}
