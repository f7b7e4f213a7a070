import { glob } from "#sdk"

/** Directories and files of a home in which keys and passwords are kept; of `.ssh` two files are none. */
const keys =
  /(?:^|[/\s"'=:])(?:\.(?:ssh(?![\w.-])(?!\/(?:known_hosts|config)(?![\w.-]))|aws(?:\/credentials|\/?$)|gnupg(?![\w.-])|netrc(?![\w-])|pgpass(?![\w-])|docker\/config\.json|kube\/config|config\/gh(?:\/hosts\.yml|\/?$))|etc\/g?shadow(?![\w.]))/i

const hiddenNames = [".ssh", ".aws", ".gnupg", ".netrc", ".pgpass"]

/** Whether a path, or a text that holds one, leads to keys of the user; `~/.s*` may. Case counts nowhere, as on some file systems. */
export const isKeyPath = (text: string): boolean => keys.test(tidied(text)) || (text.length < 1000 && /[*?[{]/.test(text) && keys.test(tidied(spelled(text))))

const tidied = (text: string): string => text.replaceAll(/\/(?:\.?\/)+/g, "/")

/** With what a glob may stand for in the place of its part of the path. */
const spelled = (text: string): string =>
  text
    .split("/")
    .map((part) => {
      if (!part.startsWith(".") || !/[*?[{]/.test(part)) return part
      const fits = glob(part.replaceAll(/\[[^\]]*\]/g, "?").replaceAll(/\{[^}]*\}/g, "*"))
      return hiddenNames.find(fits) ?? part
    })
    .join("/")
