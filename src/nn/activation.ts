export { type Activation, activation } from "../engine/activation";
