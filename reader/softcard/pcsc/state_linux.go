package pcsc

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"
)

// The daemon tells its clients the state of all readers (pcsc-lite, winscard_msg.h,
// protocol 4.4): a request is its length and its command, the answer is an array.
const (
	commandVersion = 0x11
	commandReaders = 0x12

	protocolMajor, protocolMinor = 4, 4

	maxReaders   = 16
	readerRecord = 184 // name 128, events 4, state 4, sharing, ATR and its length
	stateAt      = 132
	statePresent = 0x04 // SCARD_PRESENT
)

// await waits until the daemon says that the slot holds a card, or none. The driver
// knows it some milliseconds before.
func (r *Rig) await(slot int, present bool) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		now, err := r.present(slot)
		if err != nil {
			return fmt.Errorf("asking the daemon: %w", err)
		}
		if now == present {
			return nil
		}
	}
	return ErrNotReady
}

func (r *Rig) present(slot int) (bool, error) {
	conn, err := net.Dial("unix", r.Socket())
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return false, err
	}
	request := func(command uint32, body ...uint32) error {
		message := binary.NativeEndian.AppendUint32(nil, uint32(4*len(body)))
		message = binary.NativeEndian.AppendUint32(message, command)
		for _, word := range body {
			message = binary.NativeEndian.AppendUint32(message, word)
		}
		_, err := conn.Write(message)
		return err
	}
	if err := request(commandVersion, protocolMajor, protocolMinor, 0); err != nil {
		return false, err
	}
	var version [12]byte
	if _, err := io.ReadFull(conn, version[:]); err != nil {
		return false, err
	}
	if err := request(commandReaders); err != nil {
		return false, err
	}
	readers := make([]byte, maxReaders*readerRecord)
	if _, err := io.ReadFull(conn, readers); err != nil {
		return false, err
	}
	for at := 0; at < len(readers); at += readerRecord {
		record := readers[at : at+readerRecord]
		if string(record[:len(names[slot])+1]) == names[slot]+"\x00" {
			return binary.NativeEndian.Uint32(record[stateAt:])&statePresent != 0, nil
		}
	}
	return false, fmt.Errorf("the daemon has no reader %s", names[slot])
}
