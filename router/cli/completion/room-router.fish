# SPDX-License-Identifier: Apache-2.0
# Completion of room-router for fish: what the command itself says may stand there.
function __room_router
    set -l words (commandline -opc) (commandline -ct)
    set -l offered ($words[1] complete $words[2..] 2>/dev/null)
    if test "$offered[1]" = :files
        set -e offered[1]
        __fish_complete_path (commandline -ct)
    end
    printf '%s\n' $offered
end
complete -c room-router -f -a '(__room_router)'
