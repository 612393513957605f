// Package icc writes the sRGB colour profile that PDF/A asks for as output intent,
// so that no foreign file has to travel with the program.
package icc

import (
	"encoding/binary"
	"math"
	"sync"
)

// The sRGB colour space (IEC 61966-2-1): chromaticities of its primaries and of its
// white, D65; and the white of the profile connection space, D50 (ICC.1:2010, 7.2.16).
var (
	red, green, blue = [2]float64{0.64, 0.33}, [2]float64{0.30, 0.60}, [2]float64{0.15, 0.06}
	white            = [2]float64{0.3127, 0.3290}
	d50              = vector{0.9642, 1, 0.8249}
)

// bradford turns XYZ into the cone responses in which whites are adapted
// (ICC.1:2010, Annex E.3).
var bradford = matrix{
	{0.8951, 0.2664, -0.1614},
	{-0.7502, 1.7135, 0.0367},
	{0.0389, -0.0685, 1.0296},
}

// SRGB returns the profile: a display profile of version 4.2, three primaries and one
// curve, the same bytes every time. The slice is shared; do not write to it.
var SRGB = sync.OnceValue(write)

// write lays out header, tag table and tags:
//
//	header[128] count {signature, offset, size}[count] data...
func write() []byte {
	adapt := adaptation()
	primaries := columns(adapt)
	// y = ((x+0.055)/1.055)^2.4 from 0.04045 on, x/12.92 below (type 3: g a b c d).
	curve := append([]byte("para\x00\x00\x00\x00\x00\x03\x00\x00"),
		fixed(2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)...)
	chad := append([]byte("sf32\x00\x00\x00\x00"),
		fixed(append(append(adapt[0][:], adapt[1][:]...), adapt[2][:]...)...)...)
	tags := []struct {
		signature string
		data      []byte
	}{
		{"desc", text("sRGB IEC61966-2.1")},
		{"cprt", text("CC0, no rights reserved")},
		{"wtpt", xyz(d50)},
		{"chad", chad},
		{"rXYZ", xyz(primaries[0])},
		{"gXYZ", xyz(primaries[1])},
		{"bXYZ", xyz(primaries[2])},
		{"rTRC", curve},
		{"gTRC", curve},
		{"bTRC", curve},
	}
	table := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	start := 128 + 4 + 12*len(tags)
	var data []byte
	curveAt := -1
	for _, t := range tags {
		at := start + len(data)
		switch isCurve := t.signature[1:] == "TRC"; {
		case isCurve && curveAt >= 0:
			at = curveAt // the three curves are one
		default:
			if isCurve {
				curveAt = at
			}
			data = append(data, t.data...)
			data = append(data, make([]byte, -len(data)&3)...)
		}
		table = append(table, t.signature...)
		table = binary.BigEndian.AppendUint32(table, uint32(at))
		table = binary.BigEndian.AppendUint32(table, uint32(len(t.data)))
	}
	return append(append(header(start+len(data)), table...), data...)
}

// header is ICC.1:2010, 7.2. The creation date is fixed and the profile has no
// platform, maker, model or identifier.
func header(size int) []byte {
	h := make([]byte, 128)
	binary.BigEndian.PutUint32(h, uint32(size))
	copy(h[8:], "\x04\x20\x00\x00mntrRGB XYZ ")
	for i, v := range []uint16{2026, 1, 1} {
		binary.BigEndian.PutUint16(h[24+2*i:], v)
	}
	copy(h[36:], "acsp")
	copy(h[68:], fixed(d50[:]...)) // illuminant; rendering intent 0, perceptual
	return h
}

// text is a multiLocalizedUnicodeType with one English record.
func text(s string) []byte {
	b := []byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS")
	b = binary.BigEndian.AppendUint32(b, uint32(2*len(s)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(b)+4))
	for _, c := range []byte(s) { // ASCII
		b = append(b, 0, c)
	}
	return b
}

func xyz(v vector) []byte { return append([]byte("XYZ \x00\x00\x00\x00"), fixed(v[:]...)...) }

// fixed encodes s15Fixed16Numbers.
func fixed(values ...float64) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(v*65536))))
	}
	return b
}
