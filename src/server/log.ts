// What the server needs of a log: four levels, fields first. Which library writes it is the caller's choice.

export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
