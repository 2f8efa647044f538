// Imported first: the SDK warns of its end of support for Node 20, which says nothing of what the demo shows.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
