const bash = `# Completion of wf for bash 4.3 and later. In ~/.bashrc:  eval "$(wf completion bash)"
_wf() {
  local wf=wf IFS=$'\\n' line does=
  [[ $1 == */* ]] && wf=\${1/#\\~/$HOME}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $does ]]; then does=$line; else COMPREPLY+=("$line"); fi
  done < <("$wf" __complete bash "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null </dev/null)
  case $does in
    :files) compopt -o default ;;
    :folders) compopt -o dirnames ;;
    :open) compopt -o nospace ;;
  esac
}
complete -F _wf wf
`

const zsh = `#compdef wf
# Completion of wf for zsh. In ~/.zshrc, after compinit:  eval "$(wf completion zsh)"
_wf() {
  local wf=wf line value about
  local -a answer parts closed closed_about open open_about
  [[ \${(Q)words[1]} == */* ]] && wf=\${\${(Q)words[1]}/#\\~/$HOME}
  answer=("\${(@f)$("$wf" __complete zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  [[ $PREFIX == --*=* ]] && compset -P '--*='
  for line in "\${(@)answer[2,-1]}"; do
    parts=("\${(@ps:\\t:)line}")
    value=$parts[1] about=$parts[1]
    [[ -n $parts[2] ]] && about="$value -- $parts[2]"
    if [[ $parts[3] == open ]]; then open+=("$value"); open_about+=("$about")
    else closed+=("$value"); closed_about+=("$about"); fi
  done
  (( $#closed )) && compadd -l -V wf -d closed_about -a closed
  (( $#open )) && compadd -l -V wf -S '' -d open_about -a open
  case $answer[1] in
    :files) _files ;;
    :folders) _files -/ ;;
  esac
}
if [[ $funcstack[1] == _wf ]]; then _wf "$@"; else compdef _wf wf; fi
`

const fish = `# Completion of wf for fish. In ~/.config/fish/config.fish:  wf completion fish | source
function __wf_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l wf wf
    string match -q '*/*' -- $words[1]; and set wf $words[1]
    set -l answer ($wf __complete fish $words[2..-1] "$current" 2>/dev/null </dev/null)
    for line in $answer[2..-1]
        set -l parts (string split \\t -- $line)
        printf '%s\\t%s\\n' $parts[1] "$parts[2]"
    end
    switch "$answer[1]"
        case ':files'
            __fish_complete_path "$current"
        case ':folders'
            __fish_complete_directories "$current" ''
    end
end
complete -c wf -f -k -a '(__wf_complete)'
`

/** What a shell is told once, so that it asks \`wf __complete\` at each TAB. */
export const scripts: Readonly<Record<string, string>> = { bash, zsh, fish }
