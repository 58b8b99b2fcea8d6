package bundle

import "io"

// Sign copies a bundle that is not signed, and signs it. What it copies is checked.
func Sign(w io.Writer, unsigned io.Reader, key Key) (Manifest, error) {
	r, err := openUnsigned(unsigned)
	if err != nil {
		return Manifest{}, err
	}
	err = Write(w, r.Manifest, &key, func(int, int) (io.ReadCloser, error) {
		_, _, content, err := r.Next()
		return io.NopCloser(content), err
	})
	if err == nil {
		if _, _, _, err = r.Next(); err == io.EOF {
			err = nil
		}
	}
	return r.Manifest, err
}
