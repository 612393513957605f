// Package kiosk is the machine's side of a kiosk: its key, and the words by which it
// proves to the portal, every few seconds, that it is the machine an administrator
// paired. The words are in package reader/api.
//
//	key, _ := kiosk.LoadKey(path)              or a key in a TPM
//	state, _ := kiosk.OpenState(path + ".state")
//	line := kiosk.Line{Portal: …, Key: key, State: state}
//	line.Pair(ctx, code)                       once
//	machine := kiosk.Machine{Line: &line, Cards: …}
//	machine.Run(ctx)                           start, beats, cards in and out
//
// What is wrong with the machine goes along: a reader that is gone, a card that was left in
// after its session, a printer without paper (CUPS, by IPP), a browser that dies again and
// again (Chromium). The files of a card go with the message that it is in, for the portal
// to check; they are kept nowhere here.
//
// One message is on its way at a time, each with a counter that was never used before, on
// the disk before it is sent. So an agent that is killed goes on where it was, and only a
// second machine with the same key ever repeats one.
package kiosk
