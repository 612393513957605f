package reader

import (
	"fmt"

	"github.com/miekg/pkcs11"
)

// Bounds on what a module may show us. A Belgian card has some 60 objects, its largest
// file is the photo of about 4 KiB.
const (
	maxObjects = 256
	maxValue   = 64 << 10 // bytes
)

var (
	errTooManyObjects = fmt.Errorf("%w: it shows too many objects", ErrModuleFailed)
	errObjectTooLarge = fmt.Errorf("%w: it shows an object that is too large", ErrModuleFailed)
)

// find returns the handles of the objects that match the template.
func find(lib library, session pkcs11.SessionHandle, template ...*pkcs11.Attribute) ([]pkcs11.ObjectHandle, error) {
	err := lib.FindObjectsInit(session, template)
	if is(err, pkcs11.CKR_OPERATION_ACTIVE) { // one whose end the module refused
		lib.FindObjectsFinal(session)
		err = lib.FindObjectsInit(session, template)
	}
	if err != nil {
		return nil, err
	}
	var all []pkcs11.ObjectHandle
	for {
		some, _, err := lib.FindObjects(session, 32)
		if err == nil && len(all)+len(some) > maxObjects {
			err = errTooManyObjects
		}
		if err != nil {
			lib.FindObjectsFinal(session)
			return nil, err
		}
		if len(some) == 0 {
			return all, lib.FindObjectsFinal(session)
		}
		all = append(all, some...)
	}
}

// attribute reads one attribute. One that the object does not have is nil: modules
// differ in what they know, and say so with a code.
func attribute(lib library, session pkcs11.SessionHandle, object pkcs11.ObjectHandle, kind uint) ([]byte, error) {
	list, err := lib.GetAttributeValue(session, object, []*pkcs11.Attribute{{Type: kind}})
	if is(err, pkcs11.CKR_ATTRIBUTE_TYPE_INVALID) || is(err, pkcs11.CKR_ATTRIBUTE_SENSITIVE) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(list) != 1 || len(list[0].Value) > maxValue {
		return nil, errObjectTooLarge
	}
	return list[0].Value, nil
}

// attributes reads several, in order.
func attributes(lib library, session pkcs11.SessionHandle, object pkcs11.ObjectHandle, kinds ...uint) ([][]byte, error) {
	values := make([][]byte, len(kinds))
	for i, kind := range kinds {
		value, err := attribute(lib, session, object, kind)
		if err != nil {
			return nil, err
		}
		values[i] = value
	}
	return values, nil
}

// truth reads a CK_BBOOL; absent is false.
func truth(b []byte) bool { return len(b) == 1 && b[0] != 0 }
