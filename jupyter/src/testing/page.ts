/** A document for tests of what is drawn: to be imported before anything that draws. */
import { GlobalRegistrator } from "@happy-dom/global-registrator";

if (!GlobalRegistrator.isRegistered) GlobalRegistrator.register({ url: "http://localhost/lab" });
