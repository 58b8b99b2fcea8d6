package testneed

import "os"

// Soak tells whether the long forms of tests are wanted (make soak).
func Soak() bool { return os.Getenv("MUSTER_SOAK") != "" }
