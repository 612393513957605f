// Package pdf reads PDF files strictly and appends incremental updates (ISO 32000-1).
//
// A signature is only worth what the reader around it refuses. This one repairs
// nothing: offsets, lengths, object numbers and the chain of cross-reference sections
// must be right to the byte, keys must not repeat, and nothing may follow the end.
//
//	Open        header, the sections from the last to the first, one revision each
//	State       the objects as one revision shows them
//	Signatures  each signature dictionary with its hole and the revision it belongs to
//	Changes     what a later revision altered, object by object, against a whitelist
//	Update      new and changed objects after the old bytes, which stay as they are
//
// Everything that a hostile file can multiply is bounded: nesting, objects, values,
// revisions and inflated bytes (see the constants). A File is not safe for concurrent
// use, since it remembers the objects it has read.
package pdf
