import { STATUS_CODES } from 'node:http';
import { pythonJson } from '../../domain/presentation/python-json.js';

export interface ErrorBody {
  readonly contentType: string;
  readonly body: string;
}

/** An error in the form that the client accepts: an object with message, code and title, a page, or text (spec BUILDER 4.3). */
export function errorBody(status: number, message: string, accept: string | undefined, json: boolean): ErrorBody {
  const title = STATUS_CODES[status] ?? 'Error';
  const code = `${status} ${title}`;
  if (json) return { contentType: 'application/json', body: pythonJson({ message, code, title }) };
  if (accept?.includes('html')) {
    const body = `<html><head><title>${code}</title></head><body><h1>${code}</h1><p>${message}</p></body></html>\n`;
    return { contentType: 'text/html; charset=UTF-8', body };
  }
  return { contentType: 'text/plain; charset=UTF-8', body: `${code}\n\n${message}\n` };
}
