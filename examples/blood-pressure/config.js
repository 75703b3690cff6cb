// What the registration of this app answered, and where the hospital network is.
export const client = "";
export const server = "http://127.0.0.1:8000/fhir/R4";
