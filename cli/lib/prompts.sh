# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What callers hear: prompts spoken by espeak-ng from cli/prompts/, music composed by far-tones. Edges read them from
# var/prompts as NAME.wav (8 kHz, mono, 16 bits); a file of one's own put there under another name is left alone.

readonly PROMPTS=$FARSEAT_VAR/prompts

# prompts_speak LANGUAGE VOICE FOLDER: each line of cli/prompts/LANGUAGE.txt is a file.
prompts_speak() {
  local language=$1 voice=$2 folder=$3 name text
  mkdir -p "$folder"
  while read -r name text; do
    [[ -n $name && $name != \#* ]] || continue
    [[ $name =~ ^[a-z0-9-]+$ && -n $text ]] || die "cli/prompts/$language.txt: '$name' is no prompt: write NAME TEXT, the name of a-z, 0-9 and -"
    if ! espeak-ng -v "$voice" -s 165 -a 90 -w "$folder/$name.raw.wav" -- "$text" ||
      ! sox "$folder/$name.raw.wav" -r 8000 -c 1 -b 16 "$folder/$name.part.wav" gain -n -6; then
      die "the prompt $language/$name could not be spoken" "are espeak-ng and sox there? ./farseat up installs them"
    fi
    mv "$folder/$name.part.wav" "$folder/$name.wav"
    rm -f "$folder/$name.raw.wav"
  done <"$FARSEAT_TREE/cli/prompts/$language.txt"
  cp "$FARSEAT_TREE/cli/prompts/$language.txt" "$folder/texts.txt" # consoles show what is said
}

prompts_music() {
  local folder=$PROMPTS/.tones
  mkdir -p "$folder"
  "$BIN/far-tones" "$folder" >/dev/null ||
    die "the music could not be made" "build far-tones: cmake --build ${BIN%/bin} --target far-tones"
  mv "$folder/music.wav" "$PROMPTS/music.wav"
  rm -rf "$folder"
}

# prompts_make: makes what is missing or was changed; does nothing when everything stands.
prompts_make() {
  local stamp
  stamp=$(cat "$FARSEAT_TREE"/cli/prompts/*.txt "$FARSEAT_TREE/cli/lib/prompts.sh" | sha256sum | cut -c1-64)
  [[ $stamp != "$(cat "$PROMPTS/stamp" 2>/dev/null)" || ! -s $PROMPTS/music.wav ]] || return 0
  mkdir -p "$PROMPTS" || die "$PROMPTS cannot be written" "choose another place with --var DIR"
  prompts_speak zh cmn "$PROMPTS/zh"
  prompts_speak en en-us "$PROMPTS/en"
  prompts_music
  file_put "$PROMPTS/stamp" "$stamp"
}
