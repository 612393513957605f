package mail

import "io"

// WriteMail writes the mail as it goes over the line.
func WriteMail(w io.Writer, m Mail) error {
	msg, err := m.message()
	if err != nil {
		return err
	}
	_, err = msg.WriteTo(w)
	return err
}
