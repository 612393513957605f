package font

import (
	"encoding/binary"
	"errors"
)

// Flags of a component in a composite glyph (ISO/IEC 14496-22, 5.3.3.2).
const (
	argumentsAreWords = 0x0001
	haveScale         = 0x0008
	moreComponents    = 0x0020
	haveXYScale       = 0x0040
	haveTwoByTwo      = 0x0080
	haveInstructions  = 0x0100
)

var errOutline = errors.New("outline is malformed")

// withoutHints copies an outline less its hinting instructions: they are a third of
// the font, and nobody reads a letter at a size where they would matter.
//
//	simple:    contours > 0, box[4], endPoints[contours], instructionLength, instructions, points
//	composite: contours < 0, box[4], {flags, glyph, arguments, scale}..., instructionLength, instructions
func withoutHints(o []byte) ([]byte, error) {
	if len(o) == 0 {
		return nil, nil // a space
	}
	if len(o) < 10 {
		return nil, errOutline
	}
	if contours := i16(o, 0); contours >= 0 {
		at := 10 + 2*contours
		if len(o) < at+2 || len(o) < at+2+u16(o, at) {
			return nil, errOutline
		}
		out := append([]byte{}, o[:at]...)
		out = append(out, 0, 0)
		return append(out, o[at+2+u16(o, at):]...), nil
	}
	out := append([]byte{}, o...)
	end, err := components(out, func(at int) {
		binary.BigEndian.PutUint16(out[at:], uint16(u16(out, at)&^haveInstructions))
	})
	if err != nil {
		return nil, err
	}
	return out[:end], nil
}

// components calls visit with the offset of each component record of a composite
// outline and returns where the records end. A simple outline has none.
func components(o []byte, visit func(at int)) (end int, err error) {
	if len(o) == 0 || i16(o, 0) >= 0 {
		return len(o), nil
	}
	for at, more := 10, true; more; at = end {
		if len(o) < at+4 {
			return 0, errOutline
		}
		flags := u16(o, at)
		end = at + 6
		if flags&argumentsAreWords != 0 {
			end += 2
		}
		switch {
		case flags&haveScale != 0:
			end += 2
		case flags&haveXYScale != 0:
			end += 4
		case flags&haveTwoByTwo != 0:
			end += 8
		}
		if len(o) < end {
			return 0, errOutline
		}
		visit(at)
		more = flags&moreComponents != 0
	}
	return end, nil
}
