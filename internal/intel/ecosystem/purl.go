package ecosystem

import "github.com/package-url/packageurl-go"

// maxPURL bounds the length of package URLs; longer ones are ignored.
const maxPURL = 2048

// ParsePURL returns the zero PackageURL for text that is not a package URL.
func ParsePURL(text string) packageurl.PackageURL {
	if text == "" || len(text) > maxPURL {
		return packageurl.PackageURL{}
	}
	purl, err := packageurl.FromString(text)
	if err != nil {
		return packageurl.PackageURL{}
	}
	return purl
}
