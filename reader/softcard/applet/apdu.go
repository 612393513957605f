package applet

import (
	"encoding/binary"
	"errors"
)

// Instructions of the applet.
const (
	insVerify       = 0x20
	insManage       = 0x22 // MANAGE SECURITY ENVIRONMENT
	insChangePIN    = 0x24 // CHANGE REFERENCE DATA
	insPerform      = 0x2a // PERFORM SECURITY OPERATION
	insAuthenticate = 0x88 // INTERNAL AUTHENTICATE
	insSelect       = 0xa4
	insReadBinary   = 0xb0
	insGetResponse  = 0xc0
	insCardData     = 0xe4 // GET CARD DATA, class 80
	insLogOff       = 0xe6 // class 80
)

// status is SW1 and SW2 (ISO/IEC 7816-4, 5.6).
type status uint16

const (
	statusOK           status = 0x9000
	statusMore         status = 0x6100 // and how many bytes
	statusWrongPIN     status = 0x63c0 // and how many tries
	statusExecution    status = 0x6400
	statusWrongLength  status = 0x6700
	statusSecurity     status = 0x6982
	statusBlocked      status = 0x6983
	statusConditions   status = 0x6985
	statusNoFile       status = 0x6986 // command not allowed, no file selected
	statusData         status = 0x6a80
	statusFileNotFound status = 0x6a82
	statusP1P2         status = 0x6a86
	statusReference    status = 0x6a88
	statusOffset       status = 0x6b00
	statusWrongLe      status = 0x6c00 // and the right one
	statusInstruction  status = 0x6d00
	statusClass        status = 0x6e00
)

// with puts a count into the second byte; 256 or more is 00, which says "256, or more".
func (s status) with(n int) status {
	if n >= 256 {
		n = 0
	}
	return s | status(n)
}

func (s status) bytes(data []byte) []byte {
	return binary.BigEndian.AppendUint16(append([]byte(nil), data...), uint16(s))
}

// command is a command APDU (ISO/IEC 7816-3, 12.1.3).
type command struct {
	cla, ins, p1, p2 byte
	data             []byte // Nc of them, at most 65,535
	le               int    // Ne: 0 when absent, at most 65,536
	extended         bool
}

var errMalformed = errors.New("malformed command APDU")

// parseCommand reads the seven cases:
//
//	1   header
//	2   header Le              2e  header 00 Le Le
//	3   header Lc data         3e  header 00 Lc Lc data
//	4   header Lc data Le      4e  header 00 Lc Lc data Le Le
//
// Lc is never 0; Le of zeros is 256, extended 65,536. An empty VERIFY comes as case 1,
// or with a single 00, which is Le and means the same here.
func parseCommand(raw []byte) (command, error) {
	if len(raw) < 4 {
		return command{}, errMalformed
	}
	cmd := command{cla: raw[0], ins: raw[1], p1: raw[2], p2: raw[3]}
	body := raw[4:]
	switch {
	case len(body) == 0:
		return cmd, nil
	case len(body) == 1:
		cmd.le = expected(int(body[0]), 256)
		return cmd, nil
	case body[0] != 0:
		return cmd, cmd.split(body[1:], int(body[0]), 1)
	}
	cmd.extended = true
	if len(body) < 3 {
		return command{}, errMalformed
	}
	n := int(binary.BigEndian.Uint16(body[1:]))
	if len(body) == 3 {
		cmd.le = expected(n, 65536)
		return cmd, nil
	}
	return cmd, cmd.split(body[3:], n, 2)
}

// split parts n bytes of data from an Le of width bytes, if there is one.
func (cmd *command) split(rest []byte, n, width int) error {
	if n == 0 || len(rest) < n {
		return errMalformed
	}
	cmd.data, rest = rest[:n], rest[n:]
	switch {
	case len(rest) == 0:
	case len(rest) != width:
		return errMalformed
	case width == 1:
		cmd.le = expected(int(rest[0]), 256)
	default:
		cmd.le = expected(int(binary.BigEndian.Uint16(rest)), 65536)
	}
	return nil
}

func expected(n, zero int) int {
	if n == 0 {
		return zero
	}
	return n
}
