# SPDX-License-Identifier: Apache-2.0
# Completion of room-router for bash: what the command itself says may stand there.
_room_router() {
  local offered typed=${COMP_WORDS[COMP_CWORD]}
  mapfile -t offered < <("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=()
  if [ "${offered[0]-}" = :files ]; then
    offered=("${offered[@]:1}")
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$typed")
  fi
  COMPREPLY+=("${offered[@]}")
}
complete -F _room_router room-router
