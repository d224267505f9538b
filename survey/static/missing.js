/* The page of a link under which nothing is stored: nor is the link kept on this device, so that
   the study's page does not lead back here. */

import { forget } from "./store.js";

forget(window.location.pathname.split("/").pop());
