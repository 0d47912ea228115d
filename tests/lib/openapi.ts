// SPDX-License-Identifier: Apache-2.0
// The subset of OpenAPI 3.0 that the gateway's page uses, and a validator of it. What the validator does not know is
// an error, so that nothing passes unseen.

export interface Schema {
  type?: string;
  format?: string;
  enum?: string[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean;
  $ref?: string;
}
export interface Operation {
  summary: string;
  description?: string;
  parameters: { name: string; in: "path" | "query"; required: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
  security?: unknown[];
}
export interface Page { openapi: string; paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } }

const KNOWN = new Set(["type", "format", "enum", "items", "properties", "additionalProperties", "$ref"]);
const INTEGER = /^-?(0|[1-9][0-9]*)$/;

function text(value: string, schema: Schema, at: string, faults: string[]): void {
  const format = schema.format;
  if (schema.enum && !schema.enum.includes(value)) faults.push(`${at}: '${value}' is none of ${schema.enum.join(", ")}`);
  if (format === "int64" || format === "uint64") {
    const good = INTEGER.test(value) && (format === "int64"
      ? BigInt(value) >= -(2n ** 63n) && BigInt(value) < 2n ** 63n : BigInt(value) >= 0n && BigInt(value) < 2n ** 64n);
    if (!good) faults.push(`${at}: '${value}' is no ${format}`);
  } else if (format === "byte") {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value)) faults.push(`${at}: no base64`);
  } else if (format !== undefined) {
    faults.push(`${at}: the format ${format} is not known here`);
  }
}

/** What is wrong with the value, one line a fault. */
export function validate(page: Page, schema: Schema, value: unknown, at = "$", faults: string[] = []): string[] {
  for (const key of Object.keys(schema)) if (!KNOWN.has(key)) faults.push(`${at}: the keyword ${key} is not known here`);
  if (schema.$ref) {
    const name = /^#\/components\/schemas\/(\w+)$/.exec(schema.$ref)?.[1];
    const target = name ? page.components.schemas[name] : undefined;
    if (target) validate(page, target, value, at, faults);
    else faults.push(`${at}: ${schema.$ref} leads nowhere`);
    return faults;
  }
  const is = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  switch (schema.type) {
    case "string":
      if (typeof value !== "string") faults.push(`${at}: a ${is}, no string`);
      else text(value, schema, at, faults);
      break;
    case "integer":
      if (typeof value !== "number" || !Number.isInteger(value)) faults.push(`${at}: a ${is}, no integer`);
      break;
    case "number":
      if (typeof value !== "number" || !Number.isFinite(value)) faults.push(`${at}: a ${is}, no number`);
      break;
    case "boolean":
      if (typeof value !== "boolean") faults.push(`${at}: a ${is}, no boolean`);
      break;
    case "array":
      if (!Array.isArray(value)) faults.push(`${at}: a ${is}, no array`);
      else value.forEach((item, i) => validate(page, schema.items ?? {}, item, `${at}[${i}]`, faults));
      break;
    case "object":
      if (is !== "object") {
        faults.push(`${at}: a ${is}, no object`);
        break;
      }
      for (const [key, part] of Object.entries(value as Record<string, unknown>)) {
        const property = schema.properties?.[key];
        if (property) validate(page, property, part, `${at}.${key}`, faults);
        else if (schema.additionalProperties === false) faults.push(`${at}.${key}: not in the schema`);
      }
      break;
    default:
      faults.push(`${at}: the type ${schema.type} is not known here`);
  }
  return faults;
}

/** What is wrong with an answer of this status: its status and content type must be listed, its body must fit. */
export function validateAnswer(page: Page, operation: Operation, status: number, contentType: string, json: unknown): string[] {
  const response = operation.responses[String(status)] ?? (status >= 400 ? operation.responses["default"] : undefined);
  if (!response) return [`the status ${status} is not in the page`];
  const content = response.content;
  if (!content) return [];
  const type = contentType.split(";")[0] ?? "";
  const media = content[type];
  if (!media) return [`the content type ${type} is none of ${Object.keys(content).join(", ")}`];
  return type === "application/json" ? validate(page, media.schema, json) : [];
}
