// Imported for its effect by what loads onnxruntime-node: from 1.30 on its Linux and macOS builds send Microsoft events about
// sessions and errors and keep an identifier of the device, unless this variable is set before they are loaded
// (microsoft/onnxruntime pull request 27379).
process.env.ORT_DISABLE_TELEMETRY ??= "1";
