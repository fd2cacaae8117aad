const express = require('express');
const os = require('os');

const app = express();
const port = process.env.PORT || 3000;

app.use(express.static('public'));

app.get('/api/hello', (req, res) => {
  res.json({ message: 'Hello from Express', host: os.hostname() });
});

app.get('/health', (req, res) => {
  res.send('ok');
});

app.listen(port, () => {
  console.log(`Listening on port ${port}`);
});
