package doctor

import (
	"errors"
	"fmt"
	"hash/crc32"
	"runtime"
	"strconv"
	"strings"

	"guichet.example/reader/api"
)

// codeFormat and kioskFormat are the first digit of what a support code holds: the table of
// findings it was made with.
const codeFormat, kioskFormat = 1, 2

// formats are those that are read.
var formats = map[uint64][]link{codeFormat: chain, kioskFormat: kioskChain}

// alphabet is Crockford's: without I, L, O and U, so that a code can be read out.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// codeLength is without the dashes: 64 bits of content and 16 of checksum.
const codeLength = 16

// maxCode bounds what is looked at of a typed code, in bytes.
const maxCode = 64

var systems = [4]string{"other", "linux", "darwin", "windows"}

// Bounds of a version's three numbers in a code. A larger one is written as the last.
var versionParts = [3]uint64{8, 32, 32}

// ErrCode means that something typed is not a support code, or one of another release.
var ErrCode = errors.New("not a support code")

// Report is what a support code holds.
type Report struct {
	Version string // of guichet-reader, semver 2 without its suffixes
	System  string // "linux", "darwin", "windows", "other"
	Kiosk   bool   // of a kiosk
	places  []int  // of the finding of each link, in the order of its chain
}

// format is the digit for the chain that the report is of.
func (r Report) format() uint64 {
	if r.Kiosk {
		return kioskFormat
	}
	return codeFormat
}

// digit is one digit of a code's content: its value below its base.
type digit struct{ value, base uint64 }

// digits are the digits of the content, from the lowest: format, system, version, links.
func (r Report) digits() []digit {
	list := []digit{{r.format(), 8}, {0, uint64(len(systems))}}
	for i, s := range systems {
		if s == r.System {
			list[1].value = uint64(i)
		}
	}
	numbers := strings.Split(r.Version, ".")
	for i, base := range versionParts {
		d := digit{0, base}
		if i < len(numbers) {
			n, _ := strconv.ParseUint(numbers[i], 10, 32) // no number: 0
			d.value = min(n, base-1)
		}
		list = append(list, d)
	}
	for i, l := range formats[r.format()] {
		d := digit{0, uint64(len(l.findings))}
		if i < len(r.places) {
			d.value = uint64(r.places[i])
		}
		list = append(list, d)
	}
	return list
}

// Code writes the report: "K7M2-9XQ4-0GJ3-ABCD".
func (r Report) Code() string {
	var content, weight uint64 = 0, 1
	for _, d := range r.digits() {
		content += d.value * weight
		weight *= d.base
	}
	return spell(content)
}

// spell writes 64 bits and their checksum in groups of four.
func spell(content uint64) string {
	sum := checksum(content)
	var b strings.Builder
	for i := range codeLength {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		// The 80 bits are content·2^16 + sum, five at a time from the top.
		shift := 5 * (codeLength - 1 - i)
		var five uint64
		switch {
		case shift >= 16:
			five = content >> (shift - 16)
		default:
			five = content<<(16-shift) | uint64(sum)>>shift
		}
		b.WriteByte(alphabet[five&31])
	}
	return b.String()
}

func checksum(content uint64) uint16 {
	var bytes [8]byte
	for i := range bytes {
		bytes[i] = byte(content >> (56 - 8*i))
	}
	sum := crc32.ChecksumIEEE(bytes[:])
	return uint16(sum>>16) ^ uint16(sum)
}

// ParseCode reads a support code as people type it: in small letters, with blanks, O for
// 0, I and L for 1. Errors: ErrCode.
func ParseCode(typed string) (Report, error) {
	if len(typed) > maxCode {
		return Report{}, fmt.Errorf("%w: it is too long", ErrCode)
	}
	typed = strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(strings.TrimSpace(typed)))
	if len(typed) != codeLength {
		return Report{}, fmt.Errorf("%w: one has %d letters and digits", ErrCode, codeLength)
	}
	var content uint64
	var sum uint16
	for i := range codeLength {
		five := strings.IndexByte(alphabet, typed[i])
		if five < 0 {
			return Report{}, fmt.Errorf("%w: %q is not in any", ErrCode, typed[i])
		}
		shift := 5 * (codeLength - 1 - i)
		if shift >= 16 {
			content |= uint64(five) << (shift - 16)
		} else {
			content |= uint64(five) >> (16 - shift)
			sum |= uint16(five << shift)
		}
	}
	if sum != checksum(content) {
		return Report{}, fmt.Errorf("%w: a letter or digit is wrong", ErrCode)
	}
	return parseContent(content)
}

func parseContent(content uint64) (Report, error) {
	take := func(base uint64) uint64 {
		d := content % base
		content /= base
		return d
	}
	format := take(8)
	links, known := formats[format]
	if !known {
		return Report{}, fmt.Errorf("%w of this release: it has format %d", ErrCode, format)
	}
	r := Report{System: systems[take(uint64(len(systems)))], Kiosk: format == kioskFormat}
	var version []string
	for _, base := range versionParts {
		version = append(version, strconv.FormatUint(take(base), 10))
	}
	r.Version = strings.Join(version, ".")
	for _, l := range links {
		r.places = append(r.places, int(take(uint64(len(l.findings)))))
	}
	if content != 0 {
		return Report{}, fmt.Errorf("%w: it holds too much", ErrCode)
	}
	return r, nil
}

// Checks tells what the report says, in that language. Names and numbers that a finding
// had are not in a code; an ellipsis stands for them.
func (r Report) Checks(lang string) []api.Check {
	t := textIn(lang)
	links := formats[r.format()]
	list := make([]api.Check, 0, len(links))
	for i, l := range links {
		list = append(list, t.check(l, result{finding: l.findings[r.places[i]].name}))
	}
	return list
}

// system is this machine's name in a code.
func system() string {
	for _, s := range systems {
		if s == runtime.GOOS {
			return s
		}
	}
	return systems[0]
}
