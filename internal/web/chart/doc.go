// Package chart computes the shapes of charts, for SVG that pages have in their text.
//
// It draws nothing and knows no words: it gives lengths, and the data of paths, in units of a view box that is
// stretched to its place (preserveAspectRatio="none"). So shapes have no text, which would be stretched with them, and
// no colours, which are classes of the stylesheet: the policy of pages forbids style attributes. Labels and a table
// with all values stand beside the shape, in HTML (doc/decision/0153).
//
// Four shapes are all there is: bars in the rows of a table (Bars), one bar of parts (Parts), a line over days
// (Line), and bars up and down from a line (Balance). What is not known is a gap, never a zero; what is not zero can be
// seen, however small; nothing leaves the view box.
package chart
