package registry

import "fmt"

// maxTLV is the largest identity or address file accepted, in bytes. Real ones have
// some 200 and 117.
const maxTLV = 4 << 10

// field is one element of an identity or address file.
type field struct {
	tag   byte
	value []byte
}

// parseTLV reads a file of the Belgian identity applet and the number of zero bytes
// that pad it:
//
//	file   = *field *%x00
//	field  = tag length value
//	length = *%xFF %x00-FE     ; the sum of all
//
// A tag may come once. Tag 00 is the version of the file, so zeros are padding only
// when nothing but zeros follows.
func parseTLV(file []byte) (fields []field, padding int, err error) {
	if len(file) > maxTLV {
		return nil, 0, fmt.Errorf("%w: %d bytes", ErrMalformed, len(file))
	}
	var seen [256]bool
	end := len(trimZeros(file))
	for at := 0; at < len(file); {
		if at >= end {
			return fields, len(file) - at, nil
		}
		tag := file[at]
		if seen[tag] {
			return nil, 0, fmt.Errorf("%w: tag %02X is there twice", ErrMalformed, tag)
		}
		seen[tag] = true
		at++
		size := 0
		for at < len(file) && file[at] == 0xFF {
			size += 0xFF
			at++
		}
		if at == len(file) {
			return nil, 0, fmt.Errorf("%w: tag %02X has no length", ErrMalformed, tag)
		}
		size += int(file[at])
		at++
		if size > len(file)-at {
			return nil, 0, fmt.Errorf("%w: tag %02X is cut off", ErrMalformed, tag)
		}
		fields = append(fields, field{tag, file[at : at+size]})
		at += size
	}
	return fields, 0, nil
}

// trimZeros returns b without the zeros at its end.
func trimZeros(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return b
}
