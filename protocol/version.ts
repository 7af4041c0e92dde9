/**
 * The version of the words in this folder. Raised whenever a message changes its meaning or shape, so that an
 * extension and a worker of different releases refuse each other in plain words instead of misreading numbers.
 */
export const PROTOCOL_VERSION = 3;
