package manual

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/console"
)

// Completion is `muster completion`.
type Completion struct {
	Shell string `arg:"" enum:"bash,zsh,fish,powershell" help:"The shell: bash, zsh, fish or powershell."`
}

// Help is the long part of the command's help.
func (Completion) Help() string {
	return `Prints a script that lets a shell complete commands, flags and their values. The script is complete: it does not run muster, and knows the commands of the version that printed it.

Examples:

    muster completion bash > /etc/bash_completion.d/muster
    source <(muster completion bash)
    muster completion zsh > "${fpath[1]}/_muster"
    muster completion fish > ~/.config/fish/completions/muster.fish
    muster completion powershell | Out-String | Invoke-Expression

Exit statuses: 0 printed, 2 wrong usage.`
}

// Run prints the script.
func (c *Completion) Run(k *kong.Context, t *console.Terminal) error {
	write := map[string]func(io.Writer, *command) error{"bash": bash, "zsh": zsh, "fish": fish, "powershell": powershell}
	return write[c.Shell](t.Out, read(k.Model))
}

// Each script walks over the words before the cursor. A word after a flag that takes a value is
// skipped; one that names a command below the present one leads to it. Then the tables, one entry a
// command or a flag, say what may come next. Names consist of letters, digits and dashes
// (TestNamesNeedNoQuotes), so only texts of help are quoted.

// lines are the lines of a table, joined.
func lines(c *command, line func(*command) string) string {
	var b strings.Builder
	c.all(func(one *command) { b.WriteString(line(one)) })
	return b.String()
}

// names are the names of the commands below a command, or the values of its argument.
func (c *command) names() (names []string) {
	for _, one := range c.commands {
		names = append(names, one.path[len(one.path)-1])
	}
	return append(names, c.values...)
}

// spellings are those of a flag, with dashes.
func (f *flag) spellings() []string {
	if f.short != "" {
		return []string{"--" + f.long, "-" + f.short}
	}
	return []string{"--" + f.long}
}

// spelled are the spellings of the flags that keep keeps.
func (c *command) spelled(keep func(*flag) bool) (all []string) {
	for i := range c.flags {
		if keep(&c.flags[i]) {
			all = append(all, c.flags[i].spellings()...)
		}
	}
	return all
}

func anyFlag(*flag) bool { return true }

func takesValue(f *flag) bool { return f.takes }

// patterns are alternatives of a case statement, "command flag"; "" if there are none.
func patterns(c *command, keep func(*flag) bool) string {
	var all []string
	c.all(func(one *command) {
		for _, spelling := range one.spelled(keep) {
			all = append(all, `"`+one.key()+" "+spelling+`"`)
		}
	})
	return strings.Join(all, " | \\\n\t\t")
}

// keys are the commands below the program as alternatives of a case statement.
func keys(c *command) string {
	var all []string
	c.all(func(one *command) {
		if len(one.path) > 0 {
			all = append(all, `"`+one.key()+`"`)
		}
	})
	return strings.Join(all, " | \\\n\t\t")
}

// enumerations are the lines of a case statement, by command and flag, that say what a value may be.
func enumerations(c *command, line string) string {
	return lines(c, func(one *command) string {
		var b strings.Builder
		for i := range one.flags {
			for _, spelling := range one.flags[i].spellings() {
				if values := one.flags[i].values; len(values) > 0 && one.flags[i].takes {
					fmt.Fprintf(&b, line, `"`+one.key()+" "+spelling+`"`, strings.Join(values, " "))
				}
			}
		}
		return b.String()
	})
}

// bash writes a script for bash. There "=" ends a word.
func bash(w io.Writer, c *command) error {
	_, err := fmt.Fprintf(w, `# bash completion of muster, by: muster completion bash
_muster() {
	local cur="${COMP_WORDS[COMP_CWORD]}" at= flag= skip= word i names= flags=
	for ((i = 1; i < COMP_CWORD; i++)); do
		word="${COMP_WORDS[i]}"
		if [[ $word == "=" ]]; then skip=1; continue; fi
		if [[ -n $skip ]]; then skip=; continue; fi
		flag=
		case "$word" in
		-*) flag="$at $word"
			case "$flag" in
			%s) skip=1 ;;
			esac ;;
		*) case "$at/$word" in
			%s) at="$at/$word" ;;
			esac ;;
		esac
	done
	if [[ $cur == "=" ]]; then cur=; fi
	if [[ -n $skip ]]; then
		case "$flag" in
%s		%s) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
		esac
		return
	fi
	case "$at" in
%s	esac
	if [[ $cur == -* ]]; then names="$flags"; fi
	mapfile -t COMPREPLY < <(compgen -W "$names" -- "$cur")
}
complete -o default -F _muster muster
`, patterns(c, takesValue), keys(c),
		enumerations(c, "\t\t%s) mapfile -t COMPREPLY < <(compgen -W \"%s\" -- \"$cur\") ;;\n"), patterns(c, (*flag).isFile),
		lines(c, func(one *command) string {
			return fmt.Sprintf("\t%q) names=%q flags=%q ;;\n", one.key(), strings.Join(one.names(), " "),
				strings.Join(one.spelled(anyFlag), " "))
		}))
	return err
}

// zsh writes a script for zsh, to be sourced or put into a folder of fpath.
func zsh(w io.Writer, c *command) error {
	_, err := fmt.Fprintf(w, `#compdef muster
# zsh completion of muster, by: muster completion zsh
_muster() {
	local at= flag= skip= word i
	local -a names flags
	for ((i = 2; i < CURRENT; i++)); do
		word="${words[i]}"
		if [[ -n $skip ]]; then skip=; continue; fi
		case "$word" in
		-*) flag="$at $word"
			case "$flag" in
			%s) skip=1 ;;
			esac ;;
		*) case "$at/$word" in
			%s) at="$at/$word" ;;
			esac ;;
		esac
	done
	if [[ -n $skip ]]; then
		case "$flag" in
%s		%s) _files ;;
		esac
		return
	fi
	case "$at" in
%s	esac
	if [[ $PREFIX == -* ]]; then
		_describe -o flag flags
	elif (( $#names )); then
		_describe command names
	else
		_files
	fi
}
if [[ ${funcstack[1]} == _muster ]]; then _muster "$@"; else compdef _muster muster; fi
`, patterns(c, takesValue), keys(c), enumerations(c, "\t\t%s) compadd -- %s ;;\n"), patterns(c, (*flag).isFile),
		lines(c, func(one *command) string {
			var names, flags []string
			for _, below := range one.commands {
				names = append(names, described(below.path[len(below.path)-1], below.help))
			}
			names = append(names, one.values...)
			for i := range one.flags {
				for _, spelling := range one.flags[i].spellings() {
					flags = append(flags, described(spelling, one.flags[i].help))
				}
			}
			return fmt.Sprintf("\t%q)\n\t\tnames=(%s)\n\t\tflags=(%s) ;;\n", one.key(), strings.Join(names, " "),
				strings.Join(flags, " "))
		}))
	return err
}

// described is a word of a zsh list with what it means, in quotes: name:meaning.
func described(name, help string) string {
	return singleQuoted(name + ":" + strings.ReplaceAll(help, ":", `\:`))
}

// singleQuoted quotes a text for the shells of POSIX, in which nothing is special between single quotes.
func singleQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// fish writes a script for fish.
func fish(w io.Writer, c *command) error {
	var b strings.Builder
	c.all(func(one *command) {
		here := fmt.Sprintf("complete -c muster -n '__muster_at \"%s\"'", one.key())
		for _, below := range one.commands {
			fmt.Fprintf(&b, "%s -f -a %s -d %s\n", here, below.path[len(below.path)-1], fishQuoted(below.help))
		}
		if len(one.values) > 0 {
			fmt.Fprintf(&b, "%s -f -a %s\n", here, fishQuoted(strings.Join(one.values, " ")))
		}
		for i := range one.flags {
			b.WriteString(here + fishFlag(&one.flags[i]) + "\n")
		}
	})
	_, err := fmt.Fprintf(w, `# fish completion of muster, by: muster completion fish
function __muster_at
	set -l at ''
	set -l skip ''
	for word in (commandline -opc)[2..-1]
		if test -n "$skip"
			set skip ''
			continue
		end
		switch "$word"
			case '-*'
				if contains -- "$at $word" %s
					set skip 1
				end
			case '*'
				if contains -- "$at/$word" %s
					set at "$at/$word"
				end
		end
	end
	test "$at" = "$argv[1]"
end
%s`, strings.ReplaceAll(patterns(c, takesValue), "|", ""), strings.ReplaceAll(keys(c), "|", ""), b.String())
	return err
}

// fishFlag returns the options of complete for a flag.
func fishFlag(f *flag) string {
	text := " -l " + f.long
	if f.short != "" {
		text += " -s " + f.short
	}
	switch {
	case !f.takes:
		text += " -f"
	case len(f.values) > 0:
		text += " -x -a " + fishQuoted(strings.Join(f.values, " "))
	case f.isFile():
		text += " -r -F"
	default:
		text += " -x"
	}
	return text + " -d " + fishQuoted(f.help)
}

// fishQuoted quotes a text for fish, where \ and ' are special between single quotes.
func fishQuoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}

// powershell writes a script for PowerShell.
func powershell(w io.Writer, c *command) error {
	quoted := func(all []string) string {
		var b []string
		for _, one := range all {
			b = append(b, "'"+one+"'")
		}
		return "@(" + strings.Join(b, ", ") + ")"
	}
	var takes, values []string
	c.all(func(one *command) {
		for i := range one.flags {
			f := &one.flags[i]
			for _, spelling := range f.spellings() {
				if key := one.key() + " " + spelling; f.takes {
					takes = append(takes, key)
					if len(f.values) > 0 {
						values = append(values, fmt.Sprintf("\t\t'%s' = %s\n", key, quoted(f.values)))
					}
				}
			}
		}
	})
	_, err := fmt.Fprintf(w, `# PowerShell completion of muster, by: muster completion powershell
Register-ArgumentCompleter -Native -CommandName muster -ScriptBlock {
	param($wordToComplete, $commandAst, $cursorPosition)
	$names = @{
%s	}
	$flags = @{
%s	}
	$values = @{
%s	}
	$takes = %s
	$at = ''
	$flag = ''
	foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
		if ($element.Extent.EndOffset -ge $cursorPosition -and $wordToComplete -ne '') { break }
		$word = $element.Extent.Text
		if ($flag -ne '') { $flag = ''; continue }
		if ($word.StartsWith('-')) {
			if ($takes -ccontains "$at $word") { $flag = "$at $word" }
		} elseif ($names.ContainsKey("$at/$word")) { $at = "$at/$word" }
	}
	if ($flag -ne '') { $found = $values[$flag] }
	elseif ($wordToComplete.StartsWith('-')) { $found = $flags[$at] }
	else { $found = $names[$at] }
	$found | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
		[System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
	}
}
`,
		lines(c, func(one *command) string { return fmt.Sprintf("\t\t'%s' = %s\n", one.key(), quoted(one.names())) }),
		lines(c, func(one *command) string {
			return fmt.Sprintf("\t\t'%s' = %s\n", one.key(), quoted(one.spelled(anyFlag)))
		}), strings.Join(values, ""), quoted(slices.Compact(takes)))
	return err
}
